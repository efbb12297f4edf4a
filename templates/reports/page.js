const parts = () => document.querySelectorAll("details");
const all = (open) => parts().forEach((one) => { one.open = open; });
document.getElementById("unfold")?.addEventListener("click", () => all(true));
document.getElementById("fold")?.addEventListener("click", () => all(false));
const show = () => {
  const there = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (there instanceof HTMLDetailsElement) { there.open = true; there.scrollIntoView(); }
};
addEventListener("hashchange", show);
show();
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...parts()].filter((one) => !one.open);
  all(true);
});
addEventListener("afterprint", () => folded.forEach((one) => { one.open = false; }));
