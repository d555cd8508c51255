package api_test

import (
	"strings"
	"testing"
)

func TestWordsOfTheReaderAreThoseOfARequest(t *testing.T) {
	_, err := orderOf(t, "/batches", "text/csv", "title\n\xe4\n")
	if err == nil || !strings.Contains(err.Error(), "?column=prompt=title") || strings.Contains(err.Error(), "--") {
		t.Errorf("got %v", err)
	}
	_, err = orderOf(t, "/batches?column=prompt=easel_error_message", "text/csv", "Bild,easel_error_message\na fox,refused\n")
	if err == nil || !strings.Contains(err.Error(), "?column=prompt=easel_error_message: Easel wrote this column") || strings.Contains(err.Error(), "--") {
		t.Errorf("got %v", err)
	}
	_, err = orderOf(t, "/batches?column=prompt=title", "text/plain", "a fox")
	if err == nil || !strings.Contains(err.Error(), "no column to name (?column=)") || !strings.Contains(err.Error(), "send it as text/csv") || strings.Contains(err.Error(), "--") {
		t.Errorf("got %v", err)
	}
	_, err = orderOf(t, "/batches", "text/plain", "\xe4")
	if err == nil || !strings.Contains(err.Error(), "charset=windows-1252") || strings.Contains(err.Error(), "--") {
		t.Errorf("got %v", err)
	}
}
