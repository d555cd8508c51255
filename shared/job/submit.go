package job

import (
	"cmp"
	"context"
	"errors"
	"time"

	"easel/shared/backoff"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/request"
)

// Submitter takes requests, and changes or removes jobs and batches. Its fields are what the function behind the front
// door may touch.
type Submitter struct {
	Recorder
	Dispatcher *Dispatcher
	Limiter    *pace.Limiter
	Images     Images
	Inputs     Inputs
	Creator    Creator
	Eraser     Eraser
	Finder     Finder

	BatchEraser BatchEraser

	Index     Index
	Timers    Timers // these: to place a single job
	Standings StandingReader
	Days      Days
	Backlog   Backlog

	Model   string       // for a request that names none; empty: core
	Retired bool         // whether models that have ended are taken, for accounts that AWS lets go on
	NewSeed func() int64 // 1 or more; nil: by chance
}

// Receipt is the answer to a request for one picture.
type Receipt struct {
	Job     Job
	Created bool          // false: the idempotency key had been used for the same request
	Wait    time.Duration // an estimate of the time until the job ends
}

// UsualCall is how long a call takes, for estimates.
const UsualCall = 4 * time.Second

// Submit checks a request, records it and puts it on its way. Once it has returned without an error
// the job will end, whatever crashes. It returns an [*Error] of kind ErrInvalid for a request that
// no model can honour, ErrMismatch for a key that came with another request before, ErrState for a key whose job was
// deleted, ErrBudget with code over_max_cost or budget_exceeded, and ErrUnavailable where nothing could be recorded.
func (s *Submitter) Submit(ctx context.Context, c Caller, r request.Request, key string) (Receipt, error) {
	if err := checkKey(key); err != nil {
		return Receipt{}, err
	}
	if there, err := s.known(ctx, c, key); err != nil || there != nil {
		return s.again(r, there, err)
	}
	d := s.drafter()
	m, headers, err := d.validate(r)
	if err != nil {
		return Receipt{}, err
	}
	j := d.draft(c, r, key, m)
	ctx, cancel := detach(ctx) // a client that hangs up now must not leave half a job
	defer cancel()
	if err := s.checkDailyBudget(ctx, j); err != nil {
		return Receipt{}, err
	}
	if err := s.storeInputs(ctx, &j, r, headers); err != nil {
		return Receipt{}, Unavailable("The input image could not be stored.", err)
	}
	p := s.place(ctx, j.FlowKey(), s.Clock())
	p.put(&j, s.Clock())
	there, err := s.create(ctx, j, p.touch)
	if err != nil {
		return Receipt{}, Unavailable("The job could not be recorded.", err)
	}
	if there != nil {
		s.dropInput(ctx, j)
		return s.again(r, there, nil)
	}
	s.watch(ctx, "", j)
	s.placed(ctx, p, j)
	return Receipt{Job: p.shown(j, s.Clock()), Created: true, Wait: p.wait + UsualCall}, nil
}

// Check returns what [Submitter.Submit] would say of a request that it refuses, and records nothing.
func (s *Submitter) Check(r request.Request) error {
	_, _, err := s.drafter().validate(r)
	return err
}

// drafter turns requests into records of jobs.
type drafter struct {
	Recorder
	standard string       // model of a request that names none
	retired  bool         // whether models that have ended are taken
	newSeed  func() int64 // nil: by chance
}

func (s *Submitter) drafter() drafter {
	return drafter{s.Recorder, cmp.Or(s.Model, "core"), s.Retired, s.NewSeed}
}

// draft is the record of a new job, complete but for its placement.
func (d drafter) draft(c Caller, r request.Request, key string, m model.Model) Job {
	now := d.Clock().Truncate(time.Microsecond)
	j := Job{
		V: RecordVersion, ID: d.DrawID(), Version: now.UnixMicro(), MessageNo: int(now.UnixMicro()), WriteID: d.DrawID(), Owner: c.Owner, Status: Queued, Model: m.ID,
		Embed: r.Embed, Generation: 1, MaxCalls: request.DefaultMaxCalls, PriceAsOf: m.PriceAsOf,
		Simulated: d.Simulated, OtherMembers: otherMembers(r),
		CustomID: r.CustomID, User: r.User, Metadata: r.Metadata, CreatedAt: now, QueuedAt: now, Visible: now,
	}
	if key != "" {
		j.ID = deriveID(c.Owner, key)
	}
	if j.Embed == "" {
		j.Embed = request.EmbedAll
	}
	if r.MaxModelCalls != nil {
		j.MaxCalls = *r.MaxModelCalls
	}
	if r.DeadlineSeconds != nil {
		j.DeadlineSeconds = *r.DeadlineSeconds
		j.Deadline = new(now.Add(time.Duration(j.DeadlineSeconds) * time.Second))
	}
	j.Input = InputOf(r)
	j.Sent = d.fill(j.Input, m)
	j.Price = m.Price(j.Sent.Parameters)
	return j
}

// fill is the input with every default in place, so that the record says what the model was asked.
func (d drafter) fill(in Input, m model.Model) Sent {
	in = complete(in, m)
	sent := Sent{
		Prompt: in.Prompt, NegativePrompt: in.NegativePrompt, AspectRatio: in.AspectRatio, OutputFormat: in.OutputFormat,
		Parameters: in.Parameters, Seed: d.seed(in.Seed, m.MaxSeed),
	}
	if m.Styled {
		sent.StylePreset = in.StylePreset
	} else {
		sent.Prompt, _ = model.WithStyle(in.Prompt, in.StylePreset) // checked before
	}
	if in.Strength != nil && m.TakesStrength(in.Parameters) {
		sent.Strength = *in.Strength
	}
	return sent
}

// seed draws a seed where none is given: 0 would let the model draw one, and the same image could not be asked for again.
func (d drafter) seed(given *int64, maxSeed int64) int64 {
	switch {
	case given != nil && *given != 0:
		return *given
	case d.newSeed != nil:
		return d.newSeed()
	}
	return 1 + d.Draw(maxSeed)
}

// storeInputs keeps the images before the record that names them. Their keys hold the time and a random
// part, so that no other request and no earlier job of the ID can overwrite or remove them.
func (s *Submitter) storeInputs(ctx context.Context, j *Job, r request.Request, h request.Headers) error {
	key := InputKey(j.ID) + "/" + j.WriteID
	j.Input.Image, j.Input.Mask = describe(key, r.Image, h.Image), describe(key+"-mask", r.Mask, h.Mask)
	if r.Image == nil {
		return nil
	}
	if err := s.Inputs.PutInput(ctx, key, r.Image); err != nil || r.Mask == nil {
		return err
	}
	err := s.Inputs.PutInput(ctx, j.Input.Mask.Key, r.Mask)
	if err != nil {
		s.dropInput(ctx, *j)
	}
	return err
}

func describe(key string, data []byte, h model.Header) *InputImage {
	if data == nil {
		return nil
	}
	return &InputImage{
		Key: key, ContentType: h.ContentType(), SizeBytes: int64(len(data)), Width: h.Width, Height: h.Height, SHA256: HashOf(data),
	}
}

// create returns the record that was there before, if any. The write ID tells our own record, stored by
// an attempt whose reply was lost, from another's. One that has expired is replaced.
func (s *Submitter) create(ctx context.Context, j Job, touch *Touch) (there *Job, err error) {
	for n := range backoff.Tries {
		var o Obstacle
		o, err = s.Creator.Create(ctx, Transaction{WriteID: j.WriteID, Jobs: []Job{j}, Touch: touch})
		if o.Touched {
			touch = &Touch{FlowKey: touch.FlowKey, At: touch.At} // it has counted the job
		}
		switch {
		case err == nil:
			return nil, nil
		case !errors.Is(err, ErrExists) || len(o.Jobs) == 0:
		case o.Jobs[0].WriteID == j.WriteID:
			return nil, nil
		case o.Jobs[0].Expired(s.Clock()):
			err = errors.Join(errExpired, s.removal().discard(ctx, o.Jobs[0]))
		default:
			return &o.Jobs[0], nil
		}
		if !backoff.Pause(ctx, n) {
			break
		}
	}
	return nil, err
}

var errExpired = errors.New("an expired job is in the way")

// Recording and sending may go on for a while when the client is gone, but not so long that a process that is to be
// ended then cannot answer.
const (
	detachTime = 20 * time.Second
	answerTime = 2 * time.Second
)

func detach(ctx context.Context) (context.Context, context.CancelFunc) {
	until := time.Now().Add(detachTime)
	if end, ok := ctx.Deadline(); ok && end.Add(-answerTime).Before(until) {
		until = end.Add(-answerTime)
	}
	return context.WithDeadline(context.WithoutCancel(ctx), until)
}

// known is the job of an idempotency key that was used before. It is looked up before the request is
// checked, since what was accepted once stays accepted when the catalogue changes.
func (s *Submitter) known(ctx context.Context, c Caller, key string) (*Job, error) {
	if key == "" {
		return nil, nil
	}
	j, err := recall(ctx, s.Records, deriveID(c.Owner, key))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, Unavailable("The job could not be looked up.", err)
	case j.Expired(s.Clock()): // it is replaced, if the request is one that can be honoured
		return nil, nil
	}
	return &j, nil
}

// dropInput removes the input images of a job that was not recorded.
func (s *Submitter) dropInput(ctx context.Context, j Job) {
	for _, in := range j.Input.images() {
		_ = s.Inputs.DeleteInput(ctx, in.Key) // an orphan at worst
	}
}

// again answers an idempotency key that was used before.
func (s *Submitter) again(r request.Request, there *Job, err error) (Receipt, error) {
	if err != nil {
		return Receipt{}, err
	}
	switch {
	case there.DeletedAt != nil:
		return Receipt{}, &Error{Kind: ErrState, Code: "deleted", Message: "The job of this Idempotency-Key (" + there.ID + ") was deleted, and a request that is sent again does not make it anew. Use a new key for a new picture."}
	case there.asksFor(InputOf(r), s.drafter().standard) && there.OtherMembers == otherMembers(r):
		return Receipt{Job: *there, Wait: UsualCall}, nil
	}
	return Receipt{}, &Error{
		Kind: ErrMismatch, Code: "idempotency_key_reused",
		Message: "This Idempotency-Key was used for a different request (job " + there.ID + "). Use a new key for a new request, or send the first request unchanged.",
	}
}

// find loads a job for a caller. Another owner's job is not found.
func (r Recorder) find(ctx context.Context, c Caller, id string) (Job, error) {
	return FindJob(ctx, r.Records, c, id, r.Clock())
}

// FindJob reads a job for a caller. It returns an [*Error] of kind ErrNotFound for an unknown ID, for one that is kept no
// longer at the given time and for another owner's job, and of kind ErrUnavailable where the store does not answer.
func FindJob(ctx context.Context, records RecordReader, c Caller, id string, at time.Time) (Job, error) {
	j, err := load(ctx, records, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return Job{}, NotFound(id)
	case err != nil:
		return Job{}, Unavailable("The job could not be read.", err)
	case !c.may(j) || j.Expired(at):
		return Job{}, NotFound(id)
	}
	return j, nil
}
