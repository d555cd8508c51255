package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"easel/shared/api"
	"easel/shared/disk"
	"easel/shared/pace"
	"easel/shared/sqlite"
	"easel/shared/web"
)

// Options are the settings of the embedded server.
type Options struct {
	Addr      string   // to listen on; empty: 127.0.0.1:8080
	Data      string   // folder for records, pictures and keys
	Generator string   // Simulated or Bedrock; empty: Simulated
	Region    string   // of Bedrock, instead of each model's own
	KeysFile  string   // of bearer keys; needed for any address but loopback
	Pages     []string // origins whose web pages may use the server, beside its own; only with keys
	URL       string   // public address, where it is not the one listened on
	Retired   bool     // models that have ended are taken, for accounts with a private arrangement
	Workers   int      // model calls at a time; 0: as many as the pace needs for calls of 10 s, up to 64

	Paces map[string]pace.Limits // by the catalogue's ID; another model keeps to the rate of the catalogue, or of the simulator

	Rate   float64       // requests a second that one owner may send; 0: 5,000
	Links  time.Duration // how long an address of a picture may be asked to hold; less than 15 minutes: that
	Budget int64         // what an owner's jobs may cost a day at list price, in micro-dollars; 0: anything

	GuardrailID, GuardrailVersion string // of Bedrock; both or neither

	Sim SimOptions // of the simulator, but for its address and ledger

	Reload <-chan os.Signal // each brings that the keys are read again; nil: they never are

	Log   *slog.Logger     // nil: slog.Default()
	Out   io.Writer        // lines for a person at start and at the end; nil: the log has them
	Ready func(url string) // called once it listens, with the address on this machine; nil: not called

	now    func() time.Time // the database's clock, for tests; nil: time.Now
	adjust func(*engine)    // changes the engine before it starts, for tests; nil: it stays as it is
}

const (
	maxWorkers  = 1000
	defaultRate = 5000 // more than one machine answers: it stops a loop that has gone wild
)

// Run serves until ctx ends, then stops in order: no new requests, calls that run may end within two
// minutes, everything else is put back. It refuses to start on an address that others can reach
// without keys, and in a data folder that another process holds or that belongs to the other generator.
func Run(ctx context.Context, o Options) error {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return err
	}
	var err error
	if o.URL, err = publicURL(o.URL); err != nil {
		return err
	}
	keys, err := o.keys()
	if err != nil {
		return err
	}
	folder, err := disk.OpenFolder(o.Data, o.Generator)
	if err != nil {
		return err
	}
	defer folder.Close()
	listener, err := listen(ctx, o.Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	e, close, err := o.open(ctx, folder)
	if err != nil {
		return err
	}
	defer close.Close()
	return o.serve(ctx, listener, folder, e, keys)
}

func (o Options) withDefaults() Options {
	o.Generator, o.Addr = cmp.Or(o.Generator, Simulated), cmp.Or(o.Addr, "127.0.0.1:8080")
	o.Workers = cmp.Or(o.Workers, min(o.neededWorkers(), maxDefaultWorkers))
	o.Rate = cmp.Or(o.Rate, defaultRate)
	o.Log = cmp.Or(o.Log, slog.Default())
	if o.Ready == nil {
		o.Ready = func(string) {}
	}
	return o
}

// check finds what cannot work before anything is opened or printed.
func (o Options) check() error {
	switch {
	case o.Generator != Simulated && o.Generator != Bedrock:
		return fmt.Errorf("there is no generator %q; use %s or %s", o.Generator, Simulated, Bedrock)
	case o.Workers < 1 || o.Workers > maxWorkers:
		return fmt.Errorf("%d workers are not possible; use 1 to %d", o.Workers, maxWorkers)
	case o.Budget < 0:
		return errors.New("a budget below nothing is not possible; leave it out, or use 0, for none")
	case len(o.Pages) > 0 && o.KeysFile == "":
		return errors.New("--cors-origin lets pages of other origins in, so callers need keys: start with --keys FILE too")
	case o.Links < 0:
		return fmt.Errorf("--max-expires-in %v is not possible; use a time such as 24h", o.Links)
	case o.Rate < 0:
		return fmt.Errorf("%v requests a second are not possible; use a number above 0", o.Rate)
	case (o.GuardrailID == "") != (o.GuardrailVersion == ""):
		return errors.New("a guardrail has an identifier and a version; give both or neither")
	case o.GuardrailID != "" && o.Generator == Simulated:
		return errors.New("the simulator has no guardrails; leave the guardrail out, or use --generator bedrock")
	case o.Region != "" && o.Generator == Simulated:
		return errors.New("the simulator serves every model in its own region; leave the region out, or use --generator bedrock")
	}
	for _, origin := range o.Pages {
		if err := api.CheckOrigin(origin); err != nil {
			return fmt.Errorf("--cors-origin: %w", err)
		}
	}
	if _, _, err := net.SplitHostPort(o.Addr); err != nil {
		return fmt.Errorf("%q is no address to listen on; give one such as 127.0.0.1:8080", o.Addr)
	}
	return nil
}

// keys are those of the callers, or nil where all callers are the same local owner: on loopback. Anywhere else a caller
// needs one.
func (o Options) keys() (*keyring, error) {
	if o.KeysFile == "" {
		if loopback(o.Addr) {
			return nil, nil
		}
		return nil, fmt.Errorf("%s can be reached by others, so callers need keys: write a line \"owner key\" for each into a file (a key: openssl rand -hex 32) and start with --keys FILE, or listen on 127.0.0.1", o.Addr)
	}
	k := &keyring{file: o.KeysFile}
	return k, k.read()
}

// loopback reports whether only this machine can reach the address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || (ip != nil && ip.IsLoopback()))
}

// open puts the core on the folder. No other process holds the folder, so what an earlier one had under
// way is free again.
func (o Options) open(ctx context.Context, folder *disk.Folder) (*engine, io.Closer, error) {
	var opened closers
	fail := func(err error) (*engine, io.Closer, error) { return nil, nil, errors.Join(err, opened.Close()) }
	db, err := sqlite.Open(ctx, filepath.Join(folder.Path, "easel.db"), sqlite.Options{Now: o.now})
	if err != nil {
		return fail(err)
	}
	opened = append(opened, db)
	if err := db.Recover(ctx); err != nil {
		return fail(err)
	}
	store, err := folder.Store()
	if err != nil {
		return fail(err)
	}
	store.Report = func(ctx context.Context, err error) { o.Log.ErrorContext(ctx, "picture", "err", err) }
	opened = append(opened, store)
	p := parts{
		db: db, store: store, room: folder.Room, workers: o.Workers, log: o.Log, simulated: o.Generator == Simulated, retired: o.Retired,
		secret: folder.Key("cursors"), links: o.Links, setting: o.setting(1), budget: o.Budget, adjust: o.adjust,
	}
	closer, err := o.generator(ctx, folder, &p)
	if err != nil {
		return fail(err)
	}
	return newEngine(p), append(closers{closer}, opened...), nil
}

// generator chooses what makes the pictures, and the pace that fits it.
func (o Options) generator(ctx context.Context, folder *disk.Folder, p *parts) (io.Closer, error) {
	var err error
	if o.Generator == Bedrock {
		o.tell(ctx, "pictures  real: Amazon Bedrock makes them, and they cost money", "pictures are real and cost money")
		p.generator, err = real(ctx, o)
		return closers{}, err
	}
	o.Sim.Retired = o.Retired
	o.Sim.Ledger, o.Sim.Silent = filepath.Join(folder.Path, "ledger.jsonl"), true // a deleted prompt is in no file of the folder
	generator, closer, ledger, err := simulator(ctx, o.Sim, o.Log)
	if err != nil {
		return closers{}, err
	}
	p.generator, p.setting = generator, o.setting(o.Sim.Quota)
	ledger += "/ledger"
	o.tell(ctx, "pictures  simulated: no AWS account, no charge (ledger: "+ledger+")", "pictures are simulated", "ledger", ledger)
	return closer, nil
}

// serve runs front door and engine side by side until ctx ends.
func (o Options) serve(ctx context.Context, listener net.Listener, folder *disk.Folder, e *engine, keys *keyring) error {
	base := cmp.Or(o.URL, address(listener))
	e.store.SetBase(o.URL)
	if err := folder.Announce(base); err != nil {
		return err
	}
	o.welcome(ctx, listener, folder.Path, base)
	ctx, stop := context.WithCancel(ctx)
	defer stop() // the engine ends with the server, whichever way that ends
	worked := e.start(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { o.reread(ctx, keys) })
	wg.Go(func() { // waited for, so that even a server with nothing to do says it
		<-ctx.Done()
		const stopping = "stopping: calls that run may end; interrupt again to stop at once"
		o.tell(ctx, stopping, stopping)
	})
	err := serve(ctx, listener, o.routes(e, keys), o.Log, func() { o.Ready(address(listener)) })
	stop()
	worked()
	wg.Wait()
	return err
}

// routes are the API, and the pictures beside it.
func (o Options) routes(e *engine, keys *keyring) http.Handler {
	sessions := api.NewSessions(nil)
	if keys != nil {
		sessions = api.NewSessions(keys.current.Load)
	}
	files := e.store.Handler()
	page := o.page()
	return api.New(api.Server{
		Submitter: e.submitter, Reader: e.reader, Identify: sessions.Identify, Base: o.URL, Hosts: o.hosts(), Pages: o.Pages,
		Lenient: true, Pace: e.submitter.Limiter.Rate, Rate: o.Rate, Log: o.Log, Access: o.Log, Healthy: e.health.check,
		Besides: &api.Embedded{Feed: e.feed, Pictures: e.store, Sessions: sessions},
		Beside:  map[string]http.Handler{"/files": files, "/files/": files, "GET /{$}": page, "GET " + web.Prefix: page},
	})
}

// page is what a browser shows at the printed address. Pictures have the public address where there is one.
func (o Options) page() http.Handler {
	p := web.Page{Simulated: o.Generator == Simulated}
	if o.URL != "" {
		p.Images = []string{o.URL}
	}
	return p.Handler(http.HandlerFunc(home))
}

// home is what other programs are answered there.
func home(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, "This is Easel: pictures from prompts, asynchronously.\n\nPOST /jobs      order a picture\nGET  /jobs      what you have ordered\nGET  /models    what there is and what it costs\n\nAll of it is described at /openapi.yaml.\n")
}
