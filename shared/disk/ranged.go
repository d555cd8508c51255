package disk

import (
	"net/http"
	"strings"
)

// ranged makes the request for a part of a file one that http.ServeContent answers as RFC 9110 says: a Range counts for
// GET alone, one in a unit that is not known counts for nothing, and what is refused is a problem like every other.
func ranged(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	unit, parts, _ := strings.Cut(r.Header.Get("Range"), "=")
	if r.Method != http.MethodGet || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		r.Header.Del("Range")
		return w
	}
	r.Header.Set("Range", "bytes="+parts) // the unit is the same in capitals
	return &rangeWriter{ResponseWriter: w}
}

// rangeWriter puts a problem in the place of the plain text with which the standard library refuses a range.
type rangeWriter struct {
	http.ResponseWriter
	refused bool
}

// WriteHeader keeps Content-Range, which tells the size of the file.
func (w *rangeWriter) WriteHeader(status int) {
	if status != http.StatusRequestedRangeNotSatisfiable {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.refused = true
	w.Header().Del("Content-Length")
	answer(w.ResponseWriter, status, "range_not_satisfiable", "The picture has no such part. Content-Range tells its size; leave Range out for all of it.")
}

// Write drops the text of a refusal.
func (w *rangeWriter) Write(data []byte) (int, error) {
	if w.refused {
		return len(data), nil
	}
	return w.ResponseWriter.Write(data)
}

// title is the phrase of a status, with the name that RFC 9110 has given to one of them.
func title(status int) string {
	if status == http.StatusRequestedRangeNotSatisfiable {
		return "Range Not Satisfiable"
	}
	return http.StatusText(status)
}
