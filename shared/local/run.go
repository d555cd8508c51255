package local

import (
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
	"easel/shared/job"
	"easel/shared/sqlite"
)

// Options are the settings of the embedded server.
type Options struct {
	Addr      string // to listen on; empty: 127.0.0.1:8080
	Data      string // folder for records, pictures and keys
	Generator string // Simulated or Bedrock; empty: Simulated
	Region    string // of Bedrock, instead of each model's own
	KeysFile  string // of bearer keys; needed for any address but loopback
	URL       string // public address, where it is not the one listened on
	Workers   int    // model calls at a time; 0: 8

	GuardrailID, GuardrailVersion string // of Bedrock; both or neither

	Sim SimOptions // of the simulator, but for its address and ledger

	Log   *slog.Logger     // nil: slog.Default()
	Out   io.Writer        // lines for a person at start; nil: none
	Ready func(url string) // called once it listens; nil: nobody is told
}

// defaultWorkers suit the quotas of the catalogue: rpm/60 × seconds a call takes × 1.6, summed over the
// models that are asked for at once.
const defaultWorkers = 8

// Run serves until ctx ends, then stops in order: no new requests, calls that run may end within two
// minutes, everything else is put back. It refuses to start on an address that others can reach
// without keys, and in a data folder that another process holds or that belongs to the other generator.
func Run(ctx context.Context, o Options) error {
	o = o.withDefaults()
	identify, err := o.identify()
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
	return o.serve(ctx, listener, folder, e, identify)
}

func (o Options) withDefaults() Options {
	if o.Generator == "" {
		o.Generator = Simulated
	}
	if o.Workers == 0 {
		o.Workers = defaultWorkers
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Ready == nil {
		o.Ready = func(string) {}
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:8080"
	}
	return o
}

// identify decides who callers are: everybody is the same local owner on loopback, and has a key
// anywhere else.
func (o Options) identify() (func(*http.Request) (job.Caller, error), error) {
	if o.KeysFile == "" {
		if loopback(o.Addr) {
			return api.Local, nil
		}
		return nil, fmt.Errorf("%s can be reached by others, so callers need keys: write a line \"owner key\" for each into a file (a key: openssl rand -hex 32) and start with --keys FILE, or listen on 127.0.0.1", o.Addr)
	}
	f, err := os.Open(o.KeysFile)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	defer f.Close()
	keys, err := api.LoadKeys(f)
	if err != nil {
		return nil, fmt.Errorf("read the keys in %s: %w", o.KeysFile, err)
	}
	return keys.Identify, nil
}

// loopback reports whether only this machine can reach the address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || (ip != nil && ip.IsLoopback()))
}

// open puts the core on the folder. Nobody else holds it, so what an earlier process had under way is
// free again.
func (o Options) open(ctx context.Context, folder *disk.Folder) (*engine, io.Closer, error) {
	var opened closers
	fail := func(err error) (*engine, io.Closer, error) { return nil, nil, errors.Join(err, opened.Close()) }
	db, err := sqlite.Open(ctx, filepath.Join(folder.Path, "easel.db"), sqlite.Options{})
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
		db: db, store: store, workers: o.Workers, log: o.Log, simulated: o.Generator == Simulated,
		secret: folder.Key("cursors"), interval: pace(1),
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
	switch o.Generator {
	case Bedrock:
		p.generator, err = real(ctx, o)
		return closers{}, err
	case Simulated:
		o.Sim.Ledger = filepath.Join(folder.Path, "ledger.jsonl")
		var closer io.Closer
		var url string
		p.generator, closer, url, err = simulator(ctx, o.Sim)
		p.interval = pace(o.Sim.Quota)
		fmt.Fprintf(o.Out, "pictures  simulated: no AWS account, no charge (ledger: %s/ledger)\n", url)
		return closer, err
	}
	return nil, fmt.Errorf("there is no generator %q; use %s or %s", o.Generator, Simulated, Bedrock)
}

// serve runs front door and engine side by side until ctx ends.
func (o Options) serve(ctx context.Context, listener net.Listener, folder *disk.Folder, e *engine, identify func(*http.Request) (job.Caller, error)) error {
	url := o.URL
	if url == "" {
		url = address(listener)
	}
	e.store.SetBase(url)
	if err := folder.Announce(url); err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "data      %s\nserver    %s\n", folder.Path, url)
	if o.KeysFile == "" {
		fmt.Fprintf(o.Out, "try it    curl -H 'Prefer: wait=20' %s/jobs -d '{\"prompt\":\"a red fox in the snow\"}'\n", url)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop() // the engine ends with the server, whichever way that ends
	context.AfterFunc(ctx, func() { fmt.Fprintln(o.Out, "stopping: calls that run may end; interrupt again to stop at once") })
	var wg sync.WaitGroup
	wg.Go(func() { e.run(ctx) })
	err := serve(ctx, listener, o.routes(ctx, e, identify), func() { o.Ready(url) })
	stop()
	wg.Wait()
	return err
}

// address is what clients call: the machine's name where it listens on every address.
func address(listener net.Listener) string {
	host, port, _ := net.SplitHostPort(listener.Addr().String()) // a TCP listener has both
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	return "http://" + net.JoinHostPort(host, port)
}

// routes are the API, and the pictures beside it.
func (o Options) routes(ctx context.Context, e *engine, identify func(*http.Request) (job.Caller, error)) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/files/", e.store.Handler())
	mux.Handle("/", hurry(ctx, api.New(api.Server{
		Submitter: e.submitter, Reader: e.reader, Identify: identify, Base: o.URL, Hosts: o.hosts(),
		Lenient: true, Log: o.Log, Healthy: e.healthy,
	})))
	return mux
}

// hosts are the names that this server answers to, besides loopback's: that of its public address, the
// one it listens on, and where that is every address, the machine's name and addresses.
func (o Options) hosts() []string {
	host, _, _ := net.SplitHostPort(o.Addr) // it is listened on, so it is an address
	names := []string{host}
	if o.URL != "" {
		names = append(names, o.URL)
	}
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		return names
	}
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	addrs, _ := net.InterfaceAddrs() // without them the machine is reached by its name
	for _, a := range addrs {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil {
			names = append(names, ip.String())
		}
	}
	return names
}

// hurry ends long polls when the server is told to stop: they answer with the job as it is.
func hurry(stop context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Query().Has("wait") {
			ctx, cancel := context.WithCancel(r.Context())
			defer context.AfterFunc(stop, cancel)()
			defer cancel()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// healthTime bounds the look at the database behind /healthz.
const healthTime = 2 * time.Second

func (e *engine) healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	_, err := e.queue.Stats(ctx)
	return err
}
