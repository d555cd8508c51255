package cli

import (
	"cmp"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// typical maps what the API and other programs call a flag to its name here.
var typical = map[string]string{
	"negative-prompt": "negative", "aspect-ratio": "aspect", "style-preset": "style",
	"output-format": "format", "output": "out",
}

func normal(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	name = strings.ReplaceAll(name, "_", "-")
	return pflag.NormalizedName(cmp.Or(typical[name], name))
}

const (
	onePicture = ": a job makes one picture; order as many jobs as you want pictures"
	ownSize    = ": the model chooses the size; use --aspect for the shape, such as 16:9"
)

// foreign are flags of other image programs that an order has no place for.
var foreign = map[string]string{
	"n": onePicture, "num": onePicture, "count": onePicture, "number": onePicture, "samples": onePicture,
	"size": ownSize, "width": ownSize, "height": ownSize, "resolution": ownSize,
	"prompt": ": the prompt stands alone, in quotes",
}

// synonyms are flags that other commands have, or other programs, by the flag that serves here.
var synonyms = map[string]string{"out": "to", "output": "to", "dir": "to", "port": "addr", "host": "addr", "listen": "addr"}

// misread words what the flags' parser refuses: it speaks of Go's types.
func misread(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		flag := cmp.Or(unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName())
		return usage(cmd, "%s%s", err, hint(cmd, strings.TrimRight(flag, "=0123456789")))
	}
	bad, ok := errors.AsType[*pflag.InvalidValueError](err)
	switch {
	case !ok:
		return usage(cmd, "%s", err)
	case bad.GetValue() == "":
		return empty(cmd, bad.GetFlag())
	}
	want := cmp.Or(map[string]string{
		"duration": "give a time such as 10m", "int": "give a whole number", "float64": "give a number such as 0.6",
		"bool": "give true or false, or nothing", "stringSlice": "give words with commas between them",
	}[bad.GetFlag().Value.Type()], bad.Unwrap().Error())
	return usage(cmd, "--%s %q: %s", bad.GetFlag().Name, bad.GetValue(), want)
}

// hint finds what an unknown flag may have meant. Cobra measures the distance between commands only, so
// the flags stand in as commands.
func hint(cmd *cobra.Command, typo string) string {
	if text := foreign[typo]; text == onePicture && cmd.Flags().Lookup("runs") != nil {
		return ": --runs N makes each row N times"
	} else if text != "" && cmd.Flags().Lookup("aspect") != nil {
		return text
	}
	if other := synonyms[typo]; other != "" && cmd.Flags().Lookup(other) != nil {
		return ": did you mean --" + other + "?"
	}
	flags := &cobra.Command{SuggestionsMinimumDistance: max(1, min(2, (len(typo)-1)/2))} // everything is near a short word
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		flags.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	near := flags.SuggestionsFor(typo)
	if len(near) == 0 {
		return ""
	}
	return ": did you mean --" + strings.Join(near, " or --") + "?"
}

// full refuses flags that were given without a value, as a script does whose variable is unset.
func full(cmd *cobra.Command, _ []string) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		value := f.Value.String()
		if list, ok := f.Value.(pflag.SliceValue); ok {
			value = strings.Join(list.GetSlice(), "")
		}
		if isText := strings.HasPrefix(f.Value.Type(), "string"); isText && value == "" {
			err = empty(cmd, f)
		}
	})
	return err
}

func empty(cmd *cobra.Command, f *pflag.Flag) error {
	return usage(cmd, "--%s was given but is empty; is a variable unset?", f.Name)
}

// complete offers fixed words for flags. It cannot fail: a flag that does not exist is a mistake that any
// test of the command finds.
func complete(cmd *cobra.Command, flags map[string][]string) {
	for name, values := range flags {
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err)
		}
	}
}
