package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"easel/shared/api/client"
	"easel/shared/model"
)

// catalogue is what a server's models cost and how fast it makes them.
type catalogue struct {
	offers   map[string]*offer // by ID and alias, in lower case
	standard string            // the model of a row that names none
}

type offer struct {
	id, name string // name is what people type
	price    int64  // of one picture, in micro-dollars
	pace     float64
}

func readCatalogue(ctx context.Context, c *client.Client) (*catalogue, error) {
	list, err := c.Models(ctx, true)
	if err != nil {
		return nil, err
	}
	k := &catalogue{offers: map[string]*offer{}}
	for _, m := range list.Data {
		o := &offer{
			id: m.ID, name: cmp.Or(m.Alias, m.ID), price: amount(m.PriceUSD), // a retired model has none
			pace: cmp.Or(m.PacePerMinute, float64(m.RequestsPerMinute)),
		}
		k.offers[strings.ToLower(m.ID)], k.offers[strings.ToLower(o.name)] = o, o
		if m.Default {
			k.standard = m.ID
		}
	}
	return k, nil
}

// nothing is the offer for a model that the server does not have.
var nothing = &offer{}

// find is the offer that a row takes.
func (k *catalogue) find(modelName string) *offer {
	return cmp.Or(k.offers[strings.ToLower(cmp.Or(modelName, k.standard))], nothing)
}

// price is what one picture costs, in micro-dollars. Where parameters change it only the catalogue of this program can
// tell.
func (k *catalogue) price(parameters json.RawMessage, o *offer) int64 {
	m, known := model.Find(o.id)
	if len(parameters) == 0 || !known {
		return o.price
	}
	return m.Price(m.FillParameters(parameters))
}

// duration is how long so many pictures take at a pace, or 0 where that is not known.
func duration(pictures int, pace float64) time.Duration {
	if pace <= 0 {
		return 0
	}
	return time.Duration(float64(pictures) / pace * float64(time.Minute))
}
