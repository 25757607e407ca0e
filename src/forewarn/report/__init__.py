"""Reports: pages made from a run's ledger and manifest, and from nothing else.

`forewarn.report.page.render` writes the report of one run, `forewarn.report.overview.render_overview` a page over
several, `forewarn.report.summary.summarise` says where a run stands. Nothing here imports torch.
"""
