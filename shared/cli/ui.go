package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"easel/shared/api/client"
	"easel/shared/sign"
	"easel/shared/web"
)

// uiAddress is where easel ui listens unless told otherwise. A port that stays the same keeps what the page remembers.
const uiAddress = "127.0.0.1:8082"

func (a serverCommands) uiCommand() *cobra.Command {
	var addr string
	var images []string
	cmd := &cobra.Command{
		Use:   "ui",
		Short: "Show the page of a server elsewhere on this machine",
		Long: `Show the page of a server elsewhere on this machine. Each request of the page gets its credential here: an AWS
signature, or the key in EASEL_KEY. None of them reaches the browser. The printed address lets one browser in, once.`,
		Example: `  easel ui --server https://abc123.execute-api.us-west-2.amazonaws.com`,
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			host, _, err := net.SplitHostPort(addr)
			if err != nil || !loopback(host) {
				return usage(cmd, "--addr %s is no address of this machine alone: use one such as 127.0.0.1:8082", addr)
			}
			return a.ui(cmd.Context(), addr, images)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", uiAddress, "listen on `HOST:PORT`, an address of this machine alone")
	cmd.Flags().StringArrayVar(&images, "image-origin", nil, "`ORIGIN` of the server's pictures, such as https://pictures.example.com; may be repeated (default: the bucket of a picture that is there, else S3 in the region)")
	return cmd
}

// ui serves until it is interrupted.
func (a serverCommands) ui(ctx context.Context, addr string, images []string) error {
	c, err := a.client(ctx)
	if err != nil {
		return err
	}
	server, err := a.address()
	if err != nil {
		return err
	}
	if len(images) == 0 {
		images = a.imageOrigins(ctx, c, server)
	}
	sign := func(r *http.Request, body []byte) error {
		err := c.Sign(r, body)
		if errors.Is(err, sign.ErrCredentials) {
			return errors.New(credentialHint(err))
		}
		return err
	}
	handler, token := web.Proxy{Server: server, Authorize: sign, Images: images}.Handler()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w. Choose another address with --addr", addr, err)
	}
	how := "no credential"
	switch {
	case a.signed != "":
		how = "signed for " + a.signed
	case os.Getenv("EASEL_KEY") != "":
		how = "with the key in EASEL_KEY"
	}
	fmt.Fprintf(a.out, "server    %s (%s)\npage      http://%s/?token=%s\n          opens once, in one browser; the page itself is at http://%s/ then\n", server, how, listener.Addr(), token, listener.Addr())
	return serveUI(ctx, listener, handler)
}

// imageOrigins are where the server's pictures come from: its own origin, and that of its newest picture. Where there is
// none yet, or the server does not say, a deployed one keeps them in S3.
func (a serverCommands) imageOrigins(ctx context.Context, c *client.Client, server *url.URL) []string {
	own := server.Scheme + "://" + server.Host
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	l, err := c.List(ctx, client.ListQuery{Status: []string{"succeeded"}, Limit: 1})
	if err == nil && len(l.Data) > 0 && len(l.Data[0].Images) > 0 {
		if u, err := url.Parse(l.Data[0].Images[0].URL); err == nil && u.Host != "" {
			return []string{own, u.Scheme + "://" + u.Host}
		}
	}
	if region := cmp.Or(a.signed, sign.Region(server.Hostname())); region != "" {
		return []string{own, "https://*.s3." + region + ".amazonaws.com", "https://s3." + region + ".amazonaws.com"}
	}
	return []string{own}
}

// serveUI has no limit for answers, since events have none, and closes a connection that brings no request.
func serveUI(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // nothing is lost: the server elsewhere has what was ordered
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the page: %w", err)
	}
	return nil
}
