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
		streams := &eventStreams{hub: e.Feed, identify: s.Identify, reader: s.Reader, base: s.base()}
		list = append(list, route{method: http.MethodGet, path: "/events", handle: streams.serve})
	}
	if e.Pictures != nil {
		zips := &archives{pictures: e.Pictures, reader: s.Reader, limits: s.limits, report: reporter{s.Log}}
		list = append(list, route{method: http.MethodGet, path: "/images.zip", takes: []string{"batch_id", "id"}, handle: zips.serve})
	}
	if e.Sessions != nil {
		l := logins{sessions: e.Sessions, identify: s.Identify, bodies: s.bodies(), base: s.base()}
		list = append(list,
			route{method: http.MethodGet, path: "/session", handle: l.show, open: true},
			route{method: http.MethodPost, path: "/session", handle: l.begin, body: true, open: true},
			route{method: http.MethodDelete, path: "/session", handle: l.end, open: true},
		)
	}
	return list
}
