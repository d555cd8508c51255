package api

import (
	"net/http"

	"easel/shared/feed"
)

// Embedded are the routes that only a server has which keeps everything itself.
type Embedded struct {
	// Feed tells of changes of jobs and batches: GET /events. Nil: there is no such address, and clients ask for their jobs.
	Feed *feed.Hub
	// Pictures are read for archives: GET /images.zip. Nil: there are none.
	Pictures Pictures
	// Sessions are those of people with browsers: GET, POST and DELETE /session. The server's Identify is theirs then. Nil:
	// there are none.
	Sessions *Sessions
}

func (e *Embedded) routes(s *Server) (list []route) {
	if e.Feed != nil {
		list = append(list, route{method: http.MethodGet, path: "/events", handle: eventStreams{s, e.Feed}.serve})
	}
	if e.Pictures != nil {
		list = append(list, route{method: http.MethodGet, path: "/images.zip", takes: []string{"batch_id", "id"}, handle: archives{s, e.Pictures}.serve})
	}
	if e.Sessions != nil {
		l := logins{s, e.Sessions}
		list = append(list,
			route{method: http.MethodGet, path: "/session", handle: l.show, open: true},
			route{method: http.MethodPost, path: "/session", handle: l.begin, body: true, open: true},
			route{method: http.MethodDelete, path: "/session", handle: l.end, open: true},
		)
	}
	return list
}
