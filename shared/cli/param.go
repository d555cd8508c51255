package cli

import (
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"
)

// maskImage is the parameter whose value is the name of a file: no command line takes a picture.
const maskImage = "mask_image"

// fillParams adds the settings that were given to those that are there already. A value is JSON if it can
// be read as such, and a string otherwise.
func (o *order) fillParams(cmd *cobra.Command) error {
	if len(o.params) == 0 {
		return nil
	}
	all := map[string]json.RawMessage{}
	_ = json.Unmarshal(o.request.Parameters, &all) // of the job that is made again, if any
	for _, pair := range o.params {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return usage(cmd, "--param wants key=value, for example --param steps=40")
		}
		raw, err := o.paramValue(key, value)
		if err != nil {
			return err
		}
		all[key] = raw
	}
	var err error
	o.request.Parameters, err = json.Marshal(all)
	return err
}

func (o *order) paramValue(key, value string) (json.RawMessage, error) {
	if key == maskImage {
		data, err := o.readImage(strings.TrimPrefix(value, "@"))
		if err != nil {
			return nil, err
		}
		return json.Marshal(data)
	}
	if json.Valid([]byte(value)) {
		return json.RawMessage(value), nil
	}
	return json.Marshal(value)
}

// masked reports whether a mask was given.
func (o *order) masked() bool {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(o.request.Parameters, &all)
	return all[maskImage] != nil
}
