"""The shop's daily orders: read the regions' exports, load them, report on them."""
