package prompt

import (
	"bytes"
	"encoding/json"

	"easel/shared/request"
)

// plain reads a prompt a line.
type plain struct {
	in     *lines
	decode func([]byte) (request.Request, error)
}

func (p *plain) next() (Row, error) {
	for {
		line, err := p.in.next()
		if err != nil {
			return Row{}, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		written, err := json.Marshal(map[string]string{"prompt": string(line)})
		if err != nil {
			return Row{}, err
		}
		request, err := p.decode(written)
		if err != nil {
			return Row{}, refused(p.in.n, err)
		}
		return Row{Line: p.in.n, Request: request}, nil
	}
}
