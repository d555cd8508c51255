// Command sam-local runs the functions of the template on this machine, in the containers of the SAM CLI: against an
// emulator of DynamoDB, SQS and S3, and the simulated Bedrock. It orders a picture with the events of events/, lets the
// worker make it and shows its address. It needs Docker, the SAM CLI, moto_server and what `sam build` has built; it
// needs no account, and no network where the base image is there already.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	keep := flag.Bool("keep", false, "keep emulator and simulator running until interrupted, and print how to use them")
	flag.Parse()
	if err := run(ctx, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "sam-local:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, keep bool) error {
	bind, name, err := host(ctx)
	if err != nil {
		return err
	}
	emulated, err := start(ctx, bind, name)
	if err != nil {
		return err
	}
	defer emulated.stop()
	if err := emulated.create(ctx); err != nil {
		return err
	}
	env, err := emulated.settings()
	if err != nil {
		return err
	}
	fmt.Printf("emulator   %s (DynamoDB, SQS, S3)\nBedrock    %s (simulated)\nsettings   %s\n", emulated.aws, emulated.bedrock, env)
	if err := emulated.order(ctx, sam{env: env}); err != nil {
		return err
	}
	if keep {
		fmt.Printf(usage, architecture(), env, architecture(), env)
		<-ctx.Done()
	}
	return nil
}

const usage = `
Now, in another terminal (interrupt this one to end):
  sam local invoke StatusFunction --skip-pull-image --parameter-overrides Architecture=%s -n %s -e events/status-list.json
  sam local start-api --skip-pull-image --disable-authorizer --parameter-overrides Architecture=%s -n %s
`
