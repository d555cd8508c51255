package jobtest

import (
	"bytes"
	"crypto/rand"
	"testing"

	"easel/shared/job"
)

// Inputs holds a store of input images against the contract of [job.Inputs]. It calls open for every case and may
// get the same store each time.
var Inputs = Suite[job.Inputs]{
	"an input comes back":                    inputRoundTrip,
	"the same key is replaced":               inputReplaced,
	"an unknown input is not found":          inputUnknown,
	"a deleted input alone is gone for good": inputDeleted,
	"the inputs of a batch go together":      inputsTogether,
}

func inputRoundTrip(t *testing.T, inputs job.Inputs) {
	key, data := inputKey(), make([]byte, 3<<20)
	rand.Read(data)
	putInput(t, inputs, key, data)
	holdsInput(t, inputs, key, data)
}

func inputReplaced(t *testing.T, inputs job.Inputs) {
	key := inputKey()
	for _, data := range []string{"a first input", "a second", "the third and the longest", "the third and the longest"} {
		putInput(t, inputs, key, []byte(data))
		holdsInput(t, inputs, key, []byte(data))
	}
}

func inputUnknown(t *testing.T, inputs job.Inputs) {
	refused(t, "GetInput", last(inputs.GetInput(t.Context(), inputKey())), job.ErrNotFound)
}

func inputDeleted(t *testing.T, inputs job.Inputs) {
	gone, stays := inputKey(), inputKey()
	putInput(t, inputs, gone, []byte("gone"))
	putInput(t, inputs, stays, []byte("stays"))
	for range 2 {
		succeeds(t, "DeleteInput", inputs.DeleteInput(t.Context(), gone))
		refused(t, "GetInput after the delete", last(inputs.GetInput(t.Context(), gone)), job.ErrNotFound)
		holdsInput(t, inputs, stays, []byte("stays"))
	}
}

func inputsTogether(t *testing.T, inputs job.Inputs) {
	eraser, is := inputs.(job.InputEraser)
	if !is {
		t.Fatalf("%T erases no inputs together", inputs)
	}
	batch := inputKey()
	for _, key := range []string{batch + "/a", batch + "/b", batch + "x/a"} {
		putInput(t, inputs, key, []byte(key))
	}
	for range 2 {
		succeeds(t, "DeleteInputs", eraser.DeleteInputs(t.Context(), batch+"/"))
	}
	for _, key := range []string{batch + "/a", batch + "/b"} {
		refused(t, "GetInput of "+key, last(inputs.GetInput(t.Context(), key)), job.ErrNotFound)
	}
	holdsInput(t, inputs, batch+"x/a", []byte(batch+"x/a"))
}

func putInput(t *testing.T, inputs job.Inputs, key string, data []byte) {
	t.Helper()
	succeeds(t, "PutInput", inputs.PutInput(t.Context(), key, data))
}

func holdsInput(t *testing.T, inputs job.Inputs, key string, want []byte) {
	t.Helper()
	got, err := inputs.GetInput(t.Context(), key)
	succeeds(t, "GetInput", err)
	if !bytes.Equal(got, want) {
		t.Errorf("GetInput returned %d bytes that are not the %d stored", len(got), len(want))
	}
}

func inputKey() string { return "inputs/" + unique() }
