package cli

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func TestErrorNamesTheFlagThatWasMeant(t *testing.T) {
	for args, want := range map[string]string{
		"submit fox --modl core":               "unknown flag: --modl: did you mean --model?",
		"submit fox --neg rain":                "did you mean --negative?",
		"submit fox -wait":                     "did you mean --wait?",
		"submit fox --n 4":                     "a job makes one picture",
		"submit fox -n4":                       "a job makes one picture",
		"submit fox --size 1024x1024":          "use --aspect",
		"again a --width=512":                  "use --aspect",
		"submit --prompt fox":                  "stands alone, in quotes",
		"submit fox --zzzzzzzz":                "unknown flag: --zzzzzzzz\nSee:",
		"bulk p.csv --out p":                   "unknown flag: --out: did you mean --to?",
		"serve --port 9000":                    "did you mean --addr?",
		"bulk p.csv p":                         "one FILE is taken, and these are 2. Put the rows into one file, or run the command once for each; the folder for the pictures is --to DIR.",
		"batch list":                           "this is no command. Use: easel batches\nSee: easel batch --help",
		"batch delete a":                       "Use: easel batch rm a",
		"batch download a":                     "Use: easel download a --to DIR",
		"batch a cancel":                       "Use: easel batch cancel a",
		"list --size 3":                        "unknown flag: --size\nSee:",
		"submit fox --deadline 10":             "--deadline \"10\": give a time such as 10m\nSee:",
		"submit fox --deadline=":               "--deadline was given but is empty",
		"submit fox --max-calls two":           "--max-calls \"two\": give a whole number\nSee:",
		"submit fox --strength much":           "--strength \"much\": give a number such as 0.6\nSee:",
		"submit fox --wait=perhaps":            "--wait \"perhaps\": give true or false, or nothing\nSee:",
		"list --limit 1.5":                     "--limit \"1.5\": give a whole number\nSee:",
		"list --status x\"y":                   "give words with commas between them\nSee:",
		"serve --workers 99999999999999999999": "--workers \"99999999999999999999\": give a whole number",
	} {
		if got := run(t, args); !strings.Contains(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", args, got, want)
		}
	}
}

// run returns what a command of words without blanks writes to the standard error.
func run(t *testing.T, args string) string {
	t.Helper()
	var errs strings.Builder
	if code := Main(t.Context(), strings.Fields(args), strings.NewReader(""), io.Discard, &errs); code != codeUsage {
		t.Errorf("%s: exit code %d, want %d", args, code, codeUsage)
	}
	return errs.String()
}

func TestCommandIsFitForAShell(t *testing.T) {
	for _, c := range []struct {
		to   target
		want string
	}{
		{target{}, "easel download a"},
		{target{out: "fox.png"}, "easel download a --out fox.png"},
		{target{out: "a[1].png"}, "easel download a --out 'a[1].png'"},
		{target{out: "it's mine.png", force: true}, `easel download a --out 'it'\''s mine.png' --force`},
	} {
		if got := c.to.fetch("a"); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestAFlagThatTakesAValueSaysOfWhatKind(t *testing.T) {
	kind := regexp.MustCompile(`^[A-Z][A-Z:=,]*$`)
	var check func(*cobra.Command)
	check = func(cmd *cobra.Command) {
		cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
			name, _ := pflag.UnquoteUsage(f)
			if f.NoOptDefVal == "" && !kind.MatchString(name) && name != "failed" { // the one value that --retry has
				t.Errorf("%s --%s %s: write FILE, N, NAME or the like", cmd.CommandPath(), f.Name, name)
			}
		})
		for _, c := range cmd.Commands() {
			check(c)
		}
	}
	check((&app{}).root())
}
