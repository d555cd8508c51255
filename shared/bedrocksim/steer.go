package bedrocksim

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxSlow bounds [sim:slow=…], so that no prompt can hold a connection for ever.
const maxSlow = 10 * time.Minute

// faults are the words that a prompt or [Options] can name. Where the answer leaves a client unsure
// whether the model ran, the ledger counts the call as executed: that is the dear case.
var faults = map[string]answer{
	"throttle":  {status: 429, name: "ThrottlingException", message: tooMany, outcome: Refused},
	"503":       {status: 503, name: "ServiceUnavailableException", message: "Bedrock is unable to process your request.", outcome: Refused},
	"notready":  {status: 429, name: "ModelNotReadyException", message: "The model is not ready for inference. Try your request again.", outcome: Refused},
	"denied":    {status: 403, name: "AccessDeniedException", message: "You don't have access to the model with the specified model ID.", outcome: Refused},
	"500":       {status: 500, name: "InternalServerException", message: "The system encountered an unexpected error during processing. Try your request again.", outcome: Executed},
	"408":       {status: 408, name: "ModelTimeoutException", message: "Model has timed out in processing the request. Try your request again.", outcome: Executed},
	"424":       {status: 424, name: "ModelErrorException", message: "The request failed due to an error while processing the model.", outcome: Executed},
	"inference": {status: 200, reason: "Inference error", outcome: Executed},
	"filtered":  {status: 200, reason: "Filter reason: prompt", outcome: Filtered},
	"output":    {status: 200, reason: "Filter reason: output image", outcome: Filtered},
	"reset":     {outcome: Executed, end: reset},
	"truncated": {status: 200, outcome: Executed, end: truncated},
	oversized:   {outcome: Executed},
}

// oversized swells the reply beyond what Bedrock sends, so that the bound on replies refuses it.
const oversized = "oversized"

const tooMany = "Too many requests, please wait before trying again. You have sent too many requests. Wait before trying again."

func checkFaults(given map[string]float64) error {
	for word, p := range given {
		if _, ok := faults[word]; !ok {
			return fmt.Errorf("simulated fault %q: use one of %s", word, strings.Join(slices.Sorted(maps.Keys(faults)), ", "))
		}
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("simulated fault %s: probability %g is not within 0 and 1", word, p)
		}
	}
	return nil
}

// steering is one word of a prompt. Count says how often it strikes; 0 means always.
type steering struct {
	word  string
	count int
}

// steeringWord takes any content and no closing bracket too, so that what is mistyped is found and refused.
var steeringWord = regexp.MustCompile(`(?i)\[sim:[^\]\s]*\]?`)

// steer reads the words of the prompt, in capitals or not.
func (o *order) steer() *answer {
	for _, found := range steeringWord.FindAllString(o.prompt, -1) {
		inner, closed := strings.CutSuffix(strings.ToLower(found[len("[sim:"):]), "]")
		word, value, valued := strings.Cut(inner, "=")
		if _, ok := faults[word]; !ok && word != "slow" {
			return unsteerable("has no word", word)
		}
		if !closed || !o.take(word, value, valued) {
			return unsteerable("cannot read what stands after its word", word)
		}
	}
	return nil
}

// take adds a word to the order and reports whether its value can be read. Slow needs a duration; a fault
// may have a count, of which 0 asks for nothing.
func (o *order) take(word, value string, valued bool) bool {
	if word == "slow" {
		d, err := time.ParseDuration(value)
		o.slow = min(d, maxSlow)
		return err == nil && d >= 0
	}
	count, err := strconv.Atoi(value)
	if !valued || err == nil && count > 0 {
		o.words = append(o.words, steering{word, count})
	}
	return !valued || err == nil && count >= 0
}

// unsteerable lists the words that exist. It repeats no more of the prompt than the start of one word, and
// no brackets: a client that keeps prompts out of its errors would keep the list out with them.
func unsteerable(problem, word string) *answer {
	words := append(slices.Sorted(maps.Keys(faults)), "slow=10s")
	word = word[:len(word)-len(strings.TrimLeft(word, "abcdefghijklmnopqrstuvwxyz0123456789"))]
	return invalid(fmt.Sprintf("The simulator %s %q. It has: %s. Each goes in brackets after sim: and all but slow take a count, as throttle=3.",
		problem, word[:min(len(word), 12)], strings.Join(words, ", ")))
}

// bare is a prompt without its steering words.
func bare(prompt string) string {
	return strings.Join(strings.Fields(steeringWord.ReplaceAllString(prompt, " ")), " ")
}

// strike returns the fault that befalls the order, if any: the prompt's words come first, then chance.
func (s *Server) strike(o order) (answer, bool) {
	for _, w := range o.words {
		if s.ledger.strike(o.key(), w) {
			return faultOf(w.word), true
		}
	}
	for _, word := range slices.Sorted(maps.Keys(s.opts.Faults)) {
		if s.dice() < s.opts.Faults[word] {
			return faultOf(word), true
		}
	}
	return answer{}, false
}

func faultOf(word string) answer {
	a := faults[word]
	a.word = word
	return a
}
