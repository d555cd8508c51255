package bulk_test

import (
	"flag"
	"os"
	"testing"

	"easel/shared/gate"
)

func TestMain(m *testing.M) {
	gate.UseMemory()
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // the tests wait for servers more than they work
		panic(err)
	}
	os.Exit(m.Run())
}
