package bedrock

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"easel/shared/job"
	"easel/shared/model"
)

// call is what is known of a call when its outcome has to be put into words.
type call struct {
	model   model.Model
	request model.Request
	region  string
}

// read takes the picture out of a reply with status 200.
func (c call) read(body []byte) (model.Result, error) {
	if intervened(body) {
		return model.Result{}, c.filtered("A guardrail of this installation held the picture or its prompt back. Change the prompt; "+
			"if it should pass, ask whoever runs the guardrail.", errors.New("guardrail intervened"))
	}
	result, err := c.model.Decode(body)
	if err != nil {
		return model.Result{}, c.undecoded(err)
	}
	if err := c.check(result.Image); err != nil {
		return model.Result{}, broken(err)
	}
	if result.Seed == 0 {
		result.Seed = c.request.Seed
	}
	return result, nil
}

// intervened reads the one sign of a guardrail that is documented. It comes first: what else such a
// reply holds is not.
func intervened(body []byte) bool {
	var reply struct {
		Action string `json:"amazon-bedrock-guardrailAction"`
	}
	return json.Unmarshal(body, &reply) == nil && strings.EqualFold(reply.Action, "INTERVENED")
}

func (c call) undecoded(err error) error {
	if errors.Is(err, model.ErrInference) {
		return unsure.because(err, "The model started on the picture and reported an error of its own.")
	}
	if f, ok := errors.AsType[*model.Filtered](err); ok {
		return c.filtered(advice(f.Reason), errors.New("filtered by the model"))
	}
	return broken(err)
}

// filtered is charged, since nothing says that a model that looked at a prompt costs nothing.
func (c call) filtered(message string, cause error) error {
	return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Message: message, Charged: true, Cause: cause}
}

// advice says which side was filtered, in words of ours: the model's own need not be fit to show.
func advice(reason string) string {
	reason = strings.ToLower(reason)
	switch {
	case strings.Contains(reason, "output"), reason == "content_filtered":
		return "The model drew a picture and its content filter held it back. Change the prompt, or try another seed."
	case strings.Contains(reason, "input"):
		return "The model's content filter refused the input image. Use another image."
	}
	return "The model's content filter refused the prompt. Change the prompt; names of real people are refused too."
}

// check looks at the header of the picture only, so that nothing large is unfolded.
func (c call) check(image []byte) error {
	if len(image) > maxImage {
		return fmt.Errorf("the picture has %d bytes, more than %d", len(image), maxImage)
	}
	h, err := model.Sniff(image)
	if err != nil {
		return fmt.Errorf("the reply's picture is %w", err)
	}
	if h.Width > maxPixels/h.Height {
		return fmt.Errorf("the picture has %d × %d pixels, more than %d", h.Width, h.Height, maxPixels)
	}
	return nil
}

// broken is an answer that cannot be used although the model may have been paid.
func broken(err error) error {
	return unsure.because(err, "The model answered, but not with a picture that can be used.")
}

// instead names models that can be called in place of m.
func instead(m model.Model) string {
	if m.Successor != "" {
		return fmt.Sprintf("Order again with model %q.", m.Successor)
	}
	var others []string
	for _, o := range model.Current() {
		if o.ID != m.ID {
			others = append(others, o.Alias)
		}
	}
	return fmt.Sprintf("Order again with another model (%s).", strings.Join(others, ", "))
}
