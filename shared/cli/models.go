package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"easel/shared/api"
)

func (a *app) modelsCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "models", Short: "List the models with their prices and limits", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client()
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

func (a *app) models(models []api.Model) error {
	rows := [][]string{{"MODEL", "NAME", "PRICE", "A MINUTE", "FORMATS", "FROM IMAGE", "ASPECT RATIOS"}}
	var retired [][]string
	for _, m := range models {
		switch {
		case a.json:
			if err := a.emit(m); err != nil {
				return err
			}
		case m.Status == "retired":
			retired = append(retired, []string{m.ID, m.Name, "ended " + m.EndOfLife, "use " + m.Successor})
		default:
			rows = append(rows, current(m))
		}
	}
	if a.json {
		return nil
	}
	if err := table(a.out, rows); err != nil || len(retired) == 0 {
		return err
	}
	fmt.Fprintln(a.out)
	return table(a.out, retired)
}

func current(m api.Model) []string {
	name := cmp.Or(m.Alias, m.ID)
	if m.Default {
		name += " (default)"
	}
	from := "no"
	if m.Image != nil {
		from = strings.Join(m.Image.Types, " ")
	}
	return []string{
		name, m.Name, "$" + m.PriceUSD.String(), fmt.Sprint(m.RequestsPerMinute), strings.Join(m.OutputFormats, " "), from,
		strings.Join(m.AspectRatios, " "),
	}
}
