package job

// Caller is who stands behind a request.
type Caller struct {
	Owner    string // whose jobs these are; never empty
	Operator bool   // sees and acts on every owner's jobs
}

func (c Caller) may(j Job) bool { return c.Operator || c.Owner == j.Owner }
