package api

// Parse is what turns a body into a request, for the fuzzer.
var Parse = parse

// Routes lists what the handler answers, as "METHOD /path".
func Routes(s Server) (list []string) {
	for _, r := range s.routes() {
		list = append(list, r.method+" "+r.path)
	}
	return list
}
