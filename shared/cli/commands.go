package cli

// The commands stand in groups by what they are about. Each has the whole of [app], and asks another group for what that does.
type (
	orderCommands  struct{ *app } // order a picture and wait for it
	jobCommands    struct{ *app } // look at jobs, change them and fetch their pictures
	batchCommands  struct{ *app } // the same for batches
	bulkCommands   struct{ *app } // from a file to a folder
	serverCommands struct{ *app } // run a server or a page, and tell of models
)

func (a *app) forOrders() orderCommands   { return orderCommands{a} }
func (a *app) forJobs() jobCommands       { return jobCommands{a} }
func (a *app) forBatches() batchCommands  { return batchCommands{a} }
func (a *app) forFiles() bulkCommands     { return bulkCommands{a} }
func (a *app) forServers() serverCommands { return serverCommands{a} }
