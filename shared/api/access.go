package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// requestInfo is what is known of a request beside what its client sent.
type requestInfo struct {
	number string
	owner  string // empty: the route has none, or none was found
}

type requestInfoKey struct{}

func requestInfoOf(r *http.Request) *requestInfo {
	if v, ok := r.Context().Value(requestInfoKey{}).(*requestInfo); ok {
		return v
	}
	return &requestInfo{}
}

// meter counts what an answer comes to.
type meter struct {
	http.ResponseWriter
	headless bool // of the body nothing is sent, as for HEAD
	status   int
	bytes    int64
}

// WriteHeader keeps the status, the final one.
func (m *meter) WriteHeader(status int) {
	if m.status == 0 && status >= http.StatusOK {
		m.status = status
	}
	m.ResponseWriter.WriteHeader(status)
}

// Write counts the body.
func (m *meter) Write(data []byte) (int, error) {
	if m.status == 0 {
		m.status = http.StatusOK
	}
	n, err := m.ResponseWriter.Write(data)
	if !m.headless {
		m.bytes += int64(n)
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// statusGone stands in the log for a client that has left before its answer, as other servers have it.
const statusGone = 499

// note writes the line of a request. It names the pattern of the route and never the path or the query, which may hold a
// signature and whatever else a client sends. Probes that are answered well come every few seconds and have a
// line at the level of debugging alone.
func (s *Server) note(r *http.Request, m *meter, began time.Time) {
	if s.Access == nil {
		return
	}
	status, at, level := m.status, routePattern(r), slog.LevelInfo
	switch {
	case errors.Is(r.Context().Err(), context.Canceled):
		status = statusGone
	case status == 0:
		status = http.StatusOK
	}
	if slices.Contains(probes, at) && status < http.StatusBadRequest {
		level = slog.LevelDebug
	}
	v := requestInfoOf(r)
	s.Access.LogAttrs(r.Context(), level, "request",
		slog.String("method", knownMethod(r)), slog.String("route", at), slog.Int("status", status),
		slog.Int64("ms", time.Since(began).Milliseconds()), slog.Int64("bytes", m.bytes),
		slog.String("owner", v.owner), slog.String("request", v.number))
}

// routePattern is the route that a request was for, or a word for none.
func routePattern(r *http.Request) string {
	_, path, found := strings.Cut(r.Pattern, " ") // a pattern may begin with its method
	if !found {
		path = r.Pattern
	}
	if path == "" || path == "/" {
		return "unknown"
	}
	return strings.TrimSuffix(path, "{$}")
}

// methods are those that HTTP knows.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}

// knownMethod is the method of a request, if it is a known one.
func knownMethod(r *http.Request) string {
	if slices.Contains(methods, r.Method) {
		return r.Method
	}
	return "unknown"
}
