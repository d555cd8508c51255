package bulk_test

import (
	"testing"

	"easel/shared/gate"
)

func TestMain(m *testing.M) {
	gate.UseMemory()
	m.Run()
}
