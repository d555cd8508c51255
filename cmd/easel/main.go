// Command easel orders pictures, waits for them and saves them, and runs the embedded server. It is wiring
// only: the commands are in shared/cli.
package main

import (
	"context"
	"os"

	"easel/shared/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
