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
	line, err := p.in.filled()
	if err != nil {
		return Row{}, err
	}
	written, _ := json.Marshal(map[string]string{"prompt": string(bytes.TrimSpace(line))}) // a text cannot fail
	request, err := p.decode(written)
	if err != nil {
		return Row{}, refused(p.in.n, err)
	}
	return Row{Line: p.in.n, Request: request}, nil
}
