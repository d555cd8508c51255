// Package lambdahandler puts the core behind AWS Lambda: requests of an API Gateway become requests of net/http, messages
// of SQS become jobs of a worker, a schedule becomes a sweep. It is what the goroutines of the embedded mode are on one
// machine: it drives, logs and counts, and decides nothing about jobs.
//
// The functions are built from it in functions/. It links no adapter, and what a function does not call it does not
// carry: the AWS settings are made by hand from the environment, because the SDK's own loader brings clients for
// signing in that a function never needs.
//
// Nothing that it logs holds a prompt, a picture, a signature or an address that is signed.
package lambdahandler
