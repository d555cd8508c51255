package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// address is where easel serve listens unless told otherwise.
const address = "127.0.0.1:8080"

// app is one run of the program: how it is connected, and what the flags of every command say.
type app struct {
	in        io.Reader
	out, errs io.Writer
	args      []string // as they were given
	server    string
	sign      string // one of the words of --sign
	region    string // as it was given
	way       way
	signed    string // region for which requests are signed; empty: they are not
	json      bool
	logs      string // one of the words of --log-format; empty: text

	patience time.Duration // without a picture, until a wait ends; 0: none
	patient  bool          // it was given
}

// Main runs one command and returns the exit code: 0 all succeeded, 1 wrong usage or a file that cannot be
// read or written, 2 refused by the server, 3 ended but not every picture was made, 4 no answer, no
// permission or a broken server, 130 interrupted. Interrupting a second time kills the program.
func Main(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	ctx, done := hangup(ctx)
	defer done()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	trimEnviron()
	a := &app{in: in, out: out, errs: errs, args: args}
	if !isUTF8(runtime.GOOS, os.Getenv) {
		a.plain()
	}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	a.json = a.json || slices.Contains(args, "--json") // also where a flag before it could not be read
	if _, silent := errors.AsType[told](err); err != nil && !silent {
		a.complain(err)
	}
	return codeOf(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "easel",
		Short: "Turn prompts into images, asynchronously, on Amazon Bedrock",
		Long: `Easel turns prompts into images, asynchronously, on Amazon Bedrock.

Start a server, with simulated pictures and without an AWS account:  easel serve
Order a picture and save it:                                        easel submit "a red fox in snow" --out fox.png
Turn a file of prompts into a folder of pictures:                   easel bulk prompts.csv --to pictures/`,
		Version: readBuild(debug.ReadBuildInfo()).String(),
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			a.way = wayOf(cmd)
			return errors.Join(full(cmd, args), a.forOrders().settlePatience(cmd))
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("easel {{.Version}}\n")
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errs)
	root.SetFlagErrorFunc(misread)
	flags := root.PersistentFlags()
	flags.StringVar(&a.server, "server", cmp.Or(os.Getenv("EASEL_URL"), "http://"+address), "`URL` of the Easel server; also EASEL_URL (its key or bearer token: EASEL_KEY)")
	flags.StringVar(&a.sign, "sign", cmp.Or(os.Getenv("EASEL_SIGN"), signAuto), "`WHEN` to sign requests with AWS credentials: always, never, or auto for an API Gateway's own address without EASEL_KEY; also EASEL_SIGN")
	flags.StringVar(&a.region, "region", "", "AWS `REGION` of an API whose address does not tell it (default: AWS_REGION, or the profile's)")
	flags.BoolVar(&a.json, "json", false, "print JSON, one object a line")
	root.AddGroup(&cobra.Group{ID: "pictures", Title: "Pictures:"}, &cobra.Group{ID: "batches", Title: "Many pictures:"}, &cobra.Group{ID: "servers", Title: "Servers:"})
	add(root, "pictures", a.forOrders().submitCommand(), a.forOrders().waitCommand(), a.forJobs().listCommand(), a.forJobs().downloadCommand(),
		a.forFiles().againCommand(), a.forServers().modelsCommand())
	add(root, "pictures", a.forJobs().verbs()...)
	add(root, "batches", a.forFiles().bulkCommand(), a.forBatches().batchesCommand(), a.forBatches().batchCommand())
	add(root, "servers", a.forServers().serveCommand(), a.forServers().uiCommand(), a.forServers().simCommand())
	root.AddCommand(a.forServers().versionCommand())
	complete(root, map[string][]string{"sign": {signAuto, signAlways, signNever}})
	root.SetGlobalNormalizationFunc(normal)
	return root
}

func add(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, cmd := range commands {
		cmd.GroupID = group
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	root.AddCommand(commands...)
}
