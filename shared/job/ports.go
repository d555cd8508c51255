package job

import (
	"context"
	"time"

	"easel/shared/model"
)

// Every port is safe for concurrent use, honours its context, and may fail with an error of its
// service besides those that its comment names. A failed call may have taken effect all the same.

// RecordReader reads records of jobs.
type RecordReader interface {
	// Get reads the record as it is now, also what is remembered of a deleted job. It returns ErrNotFound for an unknown ID.
	Get(ctx context.Context, id string) (Job, error)
}

// Records keeps one record a job.
type Records interface {
	RecordReader
	// Update replaces each of the transaction's jobs if its stored version is the one that the job carries; the version
	// that is stored is one higher. With it the counters and the day change. Nothing is written and
	//   - ErrConflict comes back if other versions of some jobs are stored;
	//   - ErrNotFound if some jobs are not there and no other is in conflict;
	//   - ErrCounters if the condition of the counters does not hold, or there are none;
	//   - ErrBudget if the day's amount is more than 0 and the day would come to more than its limit.
	// The first of these that is true is returned.
	Update(ctx context.Context, t Transaction) (Obstacle, error)
}

// Creator stores new records.
type Creator interface {
	// Create stores the transaction's batch, request and jobs if all of their IDs are free, each job with the version that it
	// carries, and changes the counters. Nothing is written and
	//   - ErrExists comes back if some of them are there: of the batch, the request and the jobs the obstacle holds the first
	//     that are, and of the jobs all that are;
	//   - ErrCounters as of Update.
	// The first of these that is true is returned.
	Create(ctx context.Context, t Transaction) (Obstacle, error)
}

// Index finds jobs by something other than their ID. It may lag behind the records.
type Index interface {
	// List returns an owner's jobs, or a batch's, as [Query] says. A page may be short, and even empty, while there is
	// more: an index that has to look at every job bounds how many it looks at in one call. More is where to go on, as
	// [Query.After]; nil means that nothing follows.
	List(ctx context.Context, q Query) (found []Job, more *Mark, err error)
}

// Timers finds jobs by what they wait for. It may lag behind the records.
type Timers interface {
	// Fired returns jobs of one model whose Due is not after until, those that are due longest first. At most limit are
	// returned.
	Fired(ctx context.Context, model string, until time.Time, limit int) ([]Ref, error)
	// Dispatched returns the jobs of the model that have a message in the queue or with a worker: those that are Enqueued and
	// have a Due, in any order.
	Dispatched(ctx context.Context, model string) ([]Dispatched, error)
}

// Waiters finds the jobs that wait in a flow. It may lag behind the records.
type Waiters interface {
	// Waiters returns the jobs for which [Job.Flow] names the flow, ordered by Queued, Position and ID, behind the place of
	// after (nil: from the first on). At most limit are returned, and fewer only where no more follow.
	Waiters(ctx context.Context, flow FlowKey, after *Waiter, limit int) ([]Waiter, error)
}

// Toucher notes that jobs are going to wait. It is a port of its own since all who make jobs wait need it.
type Toucher interface {
	// Touch makes a plain write to the record of each flow, and makes the record if there is none. The flows differ. A touch
	// that is not direct replaces Touched, and First becomes At where it was zero.
	Touch(ctx context.Context, touches []Touch) error
}

// Lines keeps the line of each model: the records of its flows. It never lags.
type Lines interface {
	// Flows reads the standing of a model's line, the zero Standing if there is none, and the records of all its flows. Where
	// some cannot be decoded the others come back with the error.
	Flows(ctx context.Context, model string) (Standing, []Flow, error)
	// Advance changes the record of a flow if its virtual time is Was, and returns ErrConflict otherwise, or if there is none.
	Advance(ctx context.Context, a Advance) error
	// Leave removes the record of a flow if its Touched and Direct are as given. It returns ErrConflict otherwise. A flow that
	// is not there is no error.
	Leave(ctx context.Context, f Flow) error
}

// StandingReader reads what estimates are made from.
type StandingReader interface {
	// Standing reads the standing of the line of the flow's model, the zero Standing if there is none, and the flow's record,
	// or a Flow with nothing but its key.
	Standing(ctx context.Context, flow FlowKey) (Standing, Flow, error)
}

// StandingWriter keeps how the lines stand.
type StandingWriter interface {
	// SetStanding replaces the standing of a model's line.
	SetStanding(ctx context.Context, s Standing) error
}

// CountersReader reads the counters of many batches.
type CountersReader interface {
	// ReadCounters reads the counters of batches by their IDs, as they are now. Those that are not there are left out.
	ReadCounters(ctx context.Context, ids []string) (map[string]Counters, error)
}

// Backlog knows what an owner's jobs that wait are going to cost. It may lag behind the records.
type Backlog interface {
	// Waiting adds up the prices of an owner's queued jobs that are in no batch, in micro-dollars.
	Waiting(ctx context.Context, owner string) (int64, error)
}

// Query selects jobs for [Index.List]. Without BatchID the newest come first; within a batch they come
// in the order of the file. Of equal instants the higher position comes first, then the higher ID. A job that the query
// selects all the while is on exactly one page, whatever becomes of jobs between the pages, as far as the index has followed.
type Query struct {
	Owner    string   // whose jobs; not asked for within a batch if empty
	BatchID  string   // empty: any
	Statuses []Status // empty: any
	Model    string   // empty: any
	Starred  bool     // those with a star alone
	Words    string   // those whose prompt has all of these words; empty: any. An index that knows no words ignores it
	After    *Mark    // start behind this place
	Limit    int      // 1..100; more never come back
}

// Mark is a job's place in a list.
type Mark struct {
	Created  int64  `json:"c"` // microseconds since 1970
	Position int64  `json:"p"`
	ID       string `json:"i"`
}

// Mark returns the job's place in a list.
func (j Job) Mark() Mark {
	return Mark{Created: j.CreatedAt.UnixMicro(), Position: j.Position, ID: j.ID}
}

// Ref is what the index of timers knows of a job: enough to decide whether to read its record.
type Ref struct {
	ID       string
	Due      time.Time
	Deadline *time.Time
}

// Eraser removes records for good.
type Eraser interface {
	// Erase removes the record if its version is the one given. Where until is set, the ID stays taken until then: what is
	// remembered is a job with ID, a version one higher, DeletedAt and ExpiresAt, which no index shows. It returns ErrConflict
	// if there is another version and ErrNotFound if there is none.
	Erase(ctx context.Context, id string, version int64, at time.Time, until *time.Time) error
}

// Queue carries messages to workers, at least once and in no order.
type Queue interface {
	// Send puts messages into the queue. It returns those that were not taken, with the reason.
	Send(ctx context.Context, out []Outgoing) (unsent []Outgoing, err error)
}

// Outgoing is a message on its way into the queue.
type Outgoing struct {
	Message
	Delay time.Duration // 0..15 min: how long it stays hidden from receivers
	Group string        // whose turn it takes, where a queue is fair between groups
}

// Images keeps pictures by key. A key is never written twice.
type Images interface {
	// Put stores a picture durably. It returns ErrExists, and leaves the object alone, if the key is taken.
	Put(ctx context.Context, key string, data []byte, info ImageInfo) error
	// Stat returns what is known of a stored picture, or ErrNotFound.
	Stat(ctx context.Context, key string) (ImageInfo, error)
	// Delete removes objects. A key that is not there is no error.
	Delete(ctx context.Context, keys []string) error
}

// Inputs keeps the images that jobs start from.
type Inputs interface {
	// PutInput stores an input image. Storing the same key again replaces it.
	PutInput(ctx context.Context, key string, data []byte) error
	// GetInput returns a stored input image, or ErrNotFound.
	GetInput(ctx context.Context, key string) ([]byte, error)
	// DeleteInput removes an input image. A key that is not there is no error.
	DeleteInput(ctx context.Context, key string) error
}

// InputEraser removes the images that the jobs of a batch start from.
type InputEraser interface {
	// DeleteInputs removes the input images whose keys begin with a prefix that ends in a slash. None is no error.
	DeleteInputs(ctx context.Context, prefix string) error
}

// Links makes addresses under which a picture can be fetched without a credential for a while.
type Links interface {
	// URL signs an address for the picture that holds for d, and says until when it holds, at the most; 0 stands for the
	// usual time. An address may hold a few minutes longer, so that it is the same for all who ask within them.
	URL(ctx context.Context, key, contentType string, d time.Duration) (url string, expires time.Time, err error)
}

// Generator calls a model once. It returns a [*CallError] for every call that brought no picture;
// any other error counts as ambiguous. The context's deadline bounds the call.
type Generator interface {
	Generate(ctx context.Context, m model.Model, r model.Request) (model.Result, error)
}
