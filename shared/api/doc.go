// Package api is Easel's HTTP face on net/http: the routes, the members of requests and answers, the
// problems that say what went wrong, and the description of all that in openapi.yaml. The client in Go that speaks it
// is package client, beside it.
//
// It translates and decides nothing about jobs: what is valid, what a state allows and who owns what is
// the core's business. The handler keeps no state of its own, so it serves a socket and a Lambda function
// alike. It does not listen, serves no pictures (addresses of pictures lead to their store), and never
// writes a prompt, a picture or a signature to the log.
package api
