"""What a change of pipelines really changes: the changes of the IR, and what each of them means.

``pairs`` says which pipelines and tasks are the same, ``compare`` what differs between two,
``rules`` what that means for who runs them, ``judge`` puts the three together. Nothing here reads a
file, a clock, or the name of an orchestrator.
"""
