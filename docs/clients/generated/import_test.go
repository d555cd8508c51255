package generated_test

import (
	"os"
	"path/filepath"
	"testing"
)

const (
	shop = `module example.com/shop

go 1.26.0

require easel v0.0.0

replace easel => `

	shopping = `package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
)

func main() {
	server, err := client.New(os.Args[1], os.Args[2])
	if err != nil {
		panic(err)
	}
	j, err := server.Submit(context.Background(), api.JobRequest{Settings: api.Settings{Prompt: "a red fox in the snow"}}, "a fox", 10*time.Second)
	fmt.Println(j.Status, err)
}
`
)

// A module that has Easel's source beside it imports the client in Go, as README.md says.
func TestAnotherModuleImportsTheClient(t *testing.T) {
	wanted(t)
	folder := t.TempDir()
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": shop + absolute(t, root) + "\n", "main.go": shopping, "go.sum": string(sums)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, folder, "go", "build", "-mod=mod", "-o", "shop", ".")
	if said := run(t, folder, filepath.Join(folder, "shop"), serve(t), "the-key-of-go-for-tests"); said != "succeeded <nil>\n" {
		t.Errorf("got %q", said)
	}
}
