package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"easel/shared/api"
)

func (a serverCommands) modelsCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "models", Short: "List the models with their prices and limits", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client(cmd.Context())
			if err != nil {
				return err
			}
			models, err := c.Models(cmd.Context(), all)
			if err != nil {
				return err
			}
			return a.models(models.Data)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that AWS has retired, with what to use instead")
	return cmd
}

func (a serverCommands) models(models []api.Model) error {
	rows := [][]string{{"MODEL", "NAME", "PRICE", "A MINUTE", "FORMATS", "FROM IMAGE", "ASPECT RATIOS"}}
	var retired, settings [][]string
	for _, m := range models {
		switch {
		case a.json:
			if err := a.emit(m); err != nil {
				return err
			}
		case m.Status == "retired":
			retired = append(retired, []string{m.ID, m.Name, "ended " + m.EndOfLife, "use " + m.Successor})
			if m.RequestsPerMinute > 0 { // a server may be allowed to take it
				rows = append(rows, current(m))
				settings = append(settings, limits(m)...)
			}
		default:
			rows = append(rows, current(m))
		}
	}
	if a.json {
		return nil
	}
	err := table(a.out, rows)
	for _, more := range [][][]string{retired, settings} {
		if err == nil && len(more) > 0 {
			fmt.Fprintln(a.out)
			err = table(a.out, more)
		}
	}
	return err
}

// limits are the settings that one model has and others do not.
func limits(m api.Model) (rows [][]string) {
	for _, p := range m.ParameterLimits {
		allowed := p.Type
		switch {
		case p.Values != nil:
			allowed = strings.Join(p.Values, " ")
		case p.Minimum != nil && p.Maximum != nil:
			allowed = fmt.Sprintf("%s, %g to %g", p.Type, *p.Minimum, *p.Maximum)
		}
		if p.Default != nil {
			allowed += ", default " + string(p.Default)
		}
		rows = append(rows, []string{cmp.Or(m.Alias, m.ID), "--param " + p.Name, allowed})
	}
	return rows
}

func current(m api.Model) []string {
	name, title, from := cmp.Or(m.Alias, m.ID), m.Name, "no"
	if m.Default {
		name += " (default)"
	}
	if m.EndOfLife != "" {
		title += ", ended " + m.EndOfLife
	}
	if m.Image != nil {
		from = strings.Join(m.Image.Types, " ")
	}
	return []string{
		name, title, "$" + m.PriceUSD.String(), fmt.Sprint(m.RequestsPerMinute), strings.Join(m.OutputFormats, " "), from,
		strings.Join(m.AspectRatios, " "),
	}
}
