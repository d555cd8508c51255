package job

import (
	"cmp"
	"fmt"
	"strings"

	"easel/shared/model"
	"easel/shared/request"
	"easel/shared/spelling"
)

// validate resolves the model and holds the request against its limits. It returns the
// headers of the images, so that they are read once only.
func (d drafter) validate(r request.Request) (model.Model, request.Headers, error) {
	m, err := resolve(cmp.Or(r.Model, d.standard), d.retired)
	if err != nil {
		return model.Model{}, request.Headers{}, err
	}
	c := &request.Check{Model: m}
	h := c.Request(r)
	if len(c.Fields) > 0 {
		return m, h, &Error{Kind: ErrInvalid, Code: CodeInvalid, Message: "The request was not accepted: " + c.Fields[0].Detail, Fields: c.Fields}
	}
	return m, h, nil
}

func resolve(name string, retired bool) (model.Model, error) {
	m, ok := model.Find(name)
	switch {
	case !ok:
		return m, UnknownModel(name)
	case m.Retired() && (!retired || !m.Spoken()):
		return m, refuseModel("retired_model", request.Faulty("/model", "%s (%s) ended on %s and answers no more. Use %q instead.", m.Name, m.ID, m.EndOfLife, m.Successor))
	}
	return m, nil
}

// UnknownModel says what was meant by a name that is none, or what it is elsewhere, and what there is instead.
func UnknownModel(name string) error {
	said, meant := model.Hint(name), spelling.MeantModel(name)
	if said != "" {
		said, meant = " "+said, ""
	}
	return refuseModel("unknown_model", request.Faulty("/model", "There is no model %s.%s Use one of: %s.%s", request.Quoted(name), said, strings.Join(model.Aliases(), ", "), meant))
}

func refuseModel(code string, fault request.FieldError) error {
	return &Error{Kind: ErrInvalid, Code: code, Message: fault.Detail, Fields: []request.FieldError{fault}}
}

// checkKey holds an Idempotency-Key against its alphabet. An empty one means none was given.
func checkKey(key string) error {
	bad := strings.ContainsFunc(key, func(r rune) bool { return r < 0x20 || r > 0x7e })
	if !bad && len(key) <= request.MaxIdempotencyKey {
		return nil
	}
	return &Error{Kind: ErrInvalid, Code: "invalid_idempotency_key", Message: fmt.Sprintf("Idempotency-Key must be 1 to %d printable ASCII characters; a UUID does well.", request.MaxIdempotencyKey)}
}
