package cli

import (
	"errors"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"easel/shared/config"
	"easel/shared/job"
	"easel/shared/local"
	"easel/shared/usd"
)

func (a serverCommands) serveCommand() *cobra.Command {
	o := local.Options{Sim: local.SimOptions{Quota: defaultQuota}}
	var budget, paces string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a server on this machine: simulated, or with Amazon Bedrock",
		Long: `Run a server on this machine. Without flags its pictures are simulated: no AWS account, no charge.
With --generator bedrock it calls Amazon Bedrock with the AWS credentials of this machine, and pictures cost money.`,
		Example: `  easel serve
  AWS_PROFILE=me easel serve --generator bedrock`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := coherent(cmd, o.Generator); err != nil {
				return err
			}
			if o.Workers < 0 {
				return usage(cmd, "--workers %d makes no picture: give 1 or more", o.Workers)
			}
			var err error
			if o.Log, err = a.logger(cmd); err != nil {
				return err
			}
			if o.Budget, err = usd.Parse(budget); err != nil {
				return usage(cmd, "--daily-budget %v", err)
			}
			if o.Paces, err = config.ParsePaces("--pace", paces); err != nil {
				return usage(cmd, "%v", err)
			}
			if o.Data == "" {
				if o.Data, err = dataDir(runtime.GOOS, os.Getenv); err != nil {
					return err
				}
			}
			reload, stop := reloads()
			defer stop()
			if o.Reload = reload; !a.logsJSON() {
				o.Out = a.out
			}
			collectLess()
			return local.Run(cmd.Context(), o)
		},
	}
	serveFlags(cmd.Flags(), &o)
	cmd.Flags().StringVar(&budget, "daily-budget", "0", "`USD` at list price for the calls that are made for one owner in a day (UTC); jobs of batches beyond it wait for the next day, single orders are refused; 0: any number")
	cmd.Flags().StringVar(&paces, "pace", "", "`LIST` of models and calls a minute, at the start and at most, such as core=90/180,ultra=10/20: the pace slows when it is throttled and learns up to the second figure (default: what AWS documents for a usual account, or what the simulator allows)")
	cmd.Flags().StringVar(&a.logs, "log-format", "", "`FORMAT` of the log: text, or json: a JSON object a line on the standard error, and nothing else anywhere (default text; json with --json)")
	complete(cmd, map[string][]string{"generator": {local.Simulated, local.Bedrock}, "log-format": {logText, logJSON}})
	return cmd
}

// The words of --log-format.
const (
	logText = "text"
	logJSON = "json"
)

func serveFlags(f *pflag.FlagSet, o *local.Options) {
	f.StringVar(&o.Addr, "addr", address, "listen on `HOST:PORT`; any but loopback needs --keys")
	f.StringVar(&o.Data, "data", "", "`DIR` for records and pictures (default: easel in the user's data folder)")
	f.StringVar(&o.Generator, "generator", local.Simulated, "draw with `GENERATOR`: sim, or bedrock for real pictures")
	f.StringVar(&o.Region, "region", "", "AWS `REGION` to call instead of each model's own")
	f.StringVar(&o.KeysFile, "keys", "", "`FILE` with the bearer keys that clients must have; it is for this user alone (chmod 600), and SIGHUP has it read again")
	f.StringArrayVar(&o.Pages, "cors-origin", nil, "`ORIGIN` whose web pages may use the server, such as https://app.example.com; may be repeated; only with --keys")
	f.StringVar(&o.URL, "url", "", "public `URL` of the server, where it stands behind a proxy")
	f.IntVar(&o.Workers, "workers", 0, "make `N` pictures at a time at most (default: what the pace needs for calls of 10 s, from 8 to 64)")
	f.DurationVar(&o.Links, "max-expires-in", job.UsualLink, "`TIME` that ?expires_in= may ask an address of a picture to hold, such as 24h")
	f.Float64Var(&o.Rate, "rate", 0, "take `N` requests a second from one owner (default 5000)")
	f.StringVar(&o.GuardrailID, "guardrail", "", "`ID` of a Bedrock guardrail to apply")
	f.StringVar(&o.GuardrailVersion, "guardrail-version", "", "`VERSION` of that guardrail")
	f.BoolVar(&o.Retired, "allow-retired", false, "models that have ended, for accounts with a private arrangement")
	simFlags(f, &o.Sim, "sim-")
}

func (a serverCommands) simCommand() *cobra.Command {
	o := local.SimOptions{Quota: defaultQuota}
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run the simulated Amazon Bedrock alone, for programs of your own",
		Args:  none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out = a.out
			return local.RunSim(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Addr, "addr", "127.0.0.1:8081", "listen on `HOST:PORT`")
	f.StringVar(&o.Region, "region", "us-west-2", "`REGION` whose calls are answered")
	f.StringVar(&o.Ledger, "ledger", "", "`FILE` to list the calls in (default: memory)")
	f.BoolVar(&o.Retired, "allow-retired", false, "models that have ended answer, as for an account with a private arrangement")
	simFlags(f, &o, "")
	return cmd
}

// defaultQuota is so high that a person who tries Easel does not wait for long.
const defaultQuota = 20

// simFlags are the same for the simulator inside a server and alone.
func simFlags(f *pflag.FlagSet, o *local.SimOptions, prefix string) {
	o.Faults = map[string]float64{}
	f.Func(prefix+"quota", "simulated quota: `N` times the real one, or real, or none (default 20)", func(s string) (err error) {
		o.Quota, err = parseQuota(s)
		return err
	})
	f.Func(prefix+"latency", "how long a simulated picture takes: a `TIME` like 2s, or none (default: like the real model)", func(s string) (err error) {
		o.Latency, err = parseLatency(s)
		return err
	})
	f.BoolVar(&o.Tiny, prefix+"tiny", false, "draw tiny pictures, for load tests")
	f.Func(prefix+"fail", "`FAULT=PROBABILITY` for every simulated call, such as throttle=0.1; may be repeated", func(s string) error {
		faultName, number, _ := strings.Cut(s, "=")
		p, err := strconv.ParseFloat(number, 64)
		if err != nil || !(p >= 0 && p <= 1) {
			return errors.New("give a fault and its probability from 0 to 1, such as throttle=0.1")
		}
		o.Faults[faultName] = p
		return nil
	})
}

func parseQuota(s string) (float64, error) {
	switch s {
	case "real":
		return 1, nil
	case "none":
		return 0, nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n > 0 && n <= 1e6) {
		return 0, errors.New("give a number above 0 such as 20, or real, or none")
	}
	return n, nil
}

// parseLatency gives what [local.SimOptions] understands: negative stands for none.
func parseLatency(s string) (time.Duration, error) {
	if s == "none" {
		return -1, nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil || d < 0:
		return 0, errors.New("give a time such as 500ms or 3s, or none")
	case d == 0:
		return -1, nil
	}
	return d, nil
}

// coherent refuses flags that would be ignored: a person who sets the simulator's quota believes that pictures are simulated.
func coherent(cmd *cobra.Command, generator string) (err error) {
	if generator != local.Simulated && generator != local.Bedrock {
		return usage(cmd, "--generator %q is none: use sim or bedrock", generator)
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if generator == local.Bedrock && strings.HasPrefix(f.Name, "sim-") {
			err = usage(cmd, "--%s is for the simulator, and --generator bedrock calls the real models. Leave one of them out", f.Name)
		}
	})
	return err
}

// logsJSON reports whether everything that a server prints is JSON. It looks at the arguments too, for an error before
// they are read.
func (a serverCommands) logsJSON() bool {
	if a.logs != "" {
		return a.logs == logJSON
	}
	for n, arg := range a.args {
		if arg == "--log-format="+logJSON || arg == logJSON && n > 0 && a.args[n-1] == "--log-format" {
			return true
		}
	}
	return false
}

func (a serverCommands) logger(cmd *cobra.Command) (*slog.Logger, error) {
	if a.logs == "" && a.json {
		a.logs = logJSON
	}
	switch a.logs {
	case "", logText:
		return slog.New(slog.NewTextHandler(a.errs, nil)), nil
	case logJSON:
		return slog.New(slog.NewJSONHandler(a.errs, nil)), nil
	}
	return nil, usage(cmd, "--log-format %q is none: use text or json", a.logs)
}
