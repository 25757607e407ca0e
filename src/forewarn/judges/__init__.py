"""How likely: from the outcomes of a look to a calibrated verdict, or `unknown` with its reason.

The modules are imported by name. The room's own name imports nothing that starts slowly, so that the report can
use the rule of which claim leads (`judges.claims`).
"""
