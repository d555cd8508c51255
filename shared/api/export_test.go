package api

// Parse is what turns a body into a request, for the fuzzer.
var Parse = parse
