package bulk

// assemble builds what the run consists of, once the catalogue is known and the rows have a spool.
func (r *Run) assemble() {
	r.rows = newRowTable()
	r.reporter = &reporter{
		hear: &r.Report, clock: &r.Now, sleep: &r.Rest, batch: &r.batch.Batch, rows: r.rows, course: &r.course, catalogue: r.catalogue,
	}
	r.batch.client = r.Client
	r.batch.retrier = retrier{reporter: r.reporter, patience: r.Patience}
	r.survey = survey{batch: &r.batch, catalogue: r.catalogue, folder: r.Folder, rows: r.rows}
	r.cancellations = cancellations{batch: &r.batch, rows: r.rows, course: &r.course}
	appends := requests{rows: r.rows, spool: r.spool, most: r.Rows, retry: r.Retry || len(r.Again) > 0}
	r.asker = asker{requests: appends, batch: &r.batch, plan: &r.plan, survey: &r.survey, takes: &r.takes}
	r.sender = sender{requests: appends, batch: &r.batch, course: &r.course, cancellations: &r.cancellations}
	r.judge = judge{batch: &r.batch, folder: r.Folder, rows: r.rows, spool: r.spool, course: &r.course, ofFile: r.Source != nil}
	r.fetcher = fetcher{
		retrier: retrier{reporter: r.reporter, patience: r.Patience}, client: r.Client, folder: r.Folder, rows: r.rows,
		course: &r.course, server: r.Server, names: r.Names, ofFile: r.Source != nil,
	}
	r.assemblePlanning()
}

func (r *Run) assemblePlanning() {
	r.opener = opener{
		batch: &r.batch, folder: r.Folder, source: r.Source, server: r.Server, key: r.Key, maxCost: r.MaxCost,
		dryRun: r.DryRun, simulated: r.Simulated,
	}
	r.loader = loader{
		source: r.Source, catalogue: r.catalogue, spool: r.spool, rows: r.rows, plan: &r.plan,
		chosen: chosen{again: r.Again, only: r.Only}, retired: r.Retired,
	}
	r.takes = takes{rows: r.rows, spool: r.spool, folder: r.Folder}
	r.planner = planner{
		plan: &r.plan, folder: r.Folder, rows: r.rows, spool: r.spool, takes: &r.takes, asker: &r.asker,
		limit: r.Limit, redo: r.Redo, retry: r.Retry, fetchAgain: r.FetchAgain,
	}
}
