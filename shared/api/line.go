package api

import (
	"bytes"
	"encoding/json"
	"fmt"

	"easel/shared/model"
	"easel/shared/request"
)

// ParseJob reads one request as strictly as POST /jobs does: a member that no request has is an error. The error is a
// [*Problem] that names everything that is wrong, as far as that shows without a server.
func ParseJob(data []byte) (request.Request, error) {
	standard, _ := model.Find("core")
	b, err := parseLine(bytes.TrimPrefix(data, []byte("\ufeff")), request.Request{})
	if err != nil {
		return request.Request{}, err
	}
	b.explain(standard)
	return b.request, refuse(b.fields)
}

// parseLine reads a request that is one of many, over the members of defaults. The error says what keeps it from being an
// object; what is wrong with members is in the body that comes back, but for those that do not exist.
func parseLine(data []byte, defaults request.Request) (*body, error) {
	switch wrong := slipIn(data); {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, malformed("There is nothing; write a JSON object such as " + exampleRequest + ".")
	case bytes.IndexByte(data, 0) >= 0:
		return nil, malformed("There are zero bytes, as UTF-16 has them; save the file as UTF-8, or name its encoding.")
	case wrong != nil && wrong.line > 1:
		return nil, malformed(fmt.Sprintf("This is not JSON, from its line %d, character %d on: %s. Check quotes, commas and brackets there.", wrong.line, wrong.column, wrong.said))
	case wrong != nil:
		return nil, malformed(fmt.Sprintf("This is not JSON, from character %d on: %s. Check quotes, commas and brackets there.", wrong.column, wrong.said))
	}
	if kind := kindOf(bytes.TrimSpace(data)); kind != "an object" {
		return nil, malformed("This must be a JSON object such as " + exampleRequest + "; it is " + kind + ".")
	}
	b := &body{request: defaults}
	b.members(data)
	return b, nil
}

// FromRequest is a request in the words of the wire. [ParseJob] reads it back.
func FromRequest(r request.Request) JobRequest {
	return JobRequest{
		Settings: r.Settings, Image: r.Image, Parameters: masked(r), Metadata: r.Metadata, CustomID: r.CustomID, User: r.User,
		DeadlineSeconds: r.DeadlineSeconds, MaxModelCalls: r.MaxModelCalls, Embed: r.Embed,
	}
}

// masked are the parameters with the mask back among them.
func masked(r request.Request) json.RawMessage {
	if r.Mask == nil {
		return r.Parameters
	}
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(r.Parameters, &fields)   // none, or an object
	fields[maskImage], _ = json.Marshal(r.Mask) // bytes cannot fail
	raw, _ := json.Marshal(fields)              // it was JSON before
	return raw
}
