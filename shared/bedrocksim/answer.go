package bedrocksim

import (
	"encoding/json"
	"net"
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

// answer is what a request gets back.
type answer struct {
	status  int
	name    string // exception; empty with status 200
	message string
	reason  string // finish reason of a reply without a picture
	body    []byte // of a reply with a picture
	outcome Outcome
	word    string // the fault behind it
	end     end
}

// end is how the connection is treated.
type end int

const (
	whole     end = iota
	truncated     // half of the body, then the end
	reset         // no byte, and a reset connection
)

func invalid(message string) *answer {
	return &answer{status: 400, name: "ValidationException", message: message, outcome: Refused}
}

// reply is the body of status 200, with keys left out as the models leave them out.
type reply struct {
	Seeds         []int64   `json:"seeds,omitempty"`
	FinishReasons []*string `json:"finish_reasons"`
	Images        [][]byte  `json:"images,omitempty"`
}

func (a answer) payload() []byte {
	if a.body != nil {
		return a.body
	}
	var body any = map[string]string{"message": a.message}
	if a.name == "" {
		body = reply{FinishReasons: []*string{&a.reason}}
	}
	data, _ := json.Marshal(body) // strings always marshal
	return data
}

// send writes an answer, or breaks it off where it is meant to break.
func send(w http.ResponseWriter, a answer) {
	if a.end == reset {
		hangUp(w)
	}
	data := a.payload()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("X-Amzn-Requestid", uuid.NewString())
	if a.name != "" {
		h.Set("X-Amzn-Errortype", a.name)
	}
	w.WriteHeader(a.status)
	if a.end == truncated {
		_, _ = w.Write(data[:len(data)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(data) // a client that has gone is in the ledger already
}

// hangUp resets the connection where it can, and breaks it off otherwise.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	panic(http.ErrAbortHandler)
}
