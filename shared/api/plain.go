package api

import (
	"bytes"
	"encoding/json"

	"easel/shared/request"
)

// plainNumbers writes the whole numbers of a value without fraction and exponent. JSON knows one kind of number, in which 42.0 is
// 42, and clients that keep numbers as floats write it so.
func plainNumbers(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || raw[0] == '"' || !bytes.ContainsAny(raw, ".eE") {
		return raw
	}
	var out []byte
	for at := 0; at < len(raw); {
		end := at + 1
		switch c := raw[at]; {
		case c == '"':
			for raw[end] != '"' {
				if raw[end] == '\\' {
					end++
				}
				end++
			}
			end++
			out = append(out, raw[at:end]...)
		case c == '-' || c >= '0' && c <= '9':
			for end < len(raw) && bytes.IndexByte([]byte("0123456789.eE+-"), raw[end]) >= 0 {
				end++
			}
			out = append(out, request.PlainNumber(string(raw[at:end]))...)
		default:
			out = append(out, c)
		}
		at = end
	}
	return out
}
