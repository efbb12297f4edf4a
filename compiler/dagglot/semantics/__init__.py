"""What a run does, as pure functions: the executable form of the language's semantics.

``trigger_rules.decide`` is the table, ``simulate.simulate`` a whole run, ``scenario`` what is given
to it. The conformance suite holds the real orchestrators to these.
"""
