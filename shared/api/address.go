package api

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ParseURL reads the address of a server, such as https://easel.example.com: http or https, a host, and beside it at
// most a port and a path. It is the one reader of such addresses, of the server's own and of those that clients are given.
func ParseURL(given string) (*url.URL, error) {
	u, err := url.Parse(given)
	switch {
	case err == nil && u.User != nil:
		return nil, errors.New("a server's address holds no user and no password: leave out what stands before the @")
	case err != nil || u.Hostname() == "" || !isPort(u.Port()) || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%q is no server address: use one like http://127.0.0.1:8080 or https://easel.example.com", given)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q is no server address: it ends before the first ? or #, so leave out the rest", given)
	}
	u.Host, u.ForceQuery = strings.ToLower(u.Host), false
	return u, nil
}

// isPort reports whether a port can be called; an empty one stands for the scheme's own.
func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// webOrigin is what a browser says of a page at this address: without path, and without the port that the scheme has by
// itself.
func webOrigin(u *url.URL) string {
	host := u.Host
	if port := u.Port(); port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host
}

// hostName is a host as hosts are compared: without port, brackets, zone and the dot of the root, in lower case, and
// an IP address in one form.
func hostName(host string) string {
	if h, port, err := net.SplitHostPort(host); err == nil && isPort(port) {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().WithZone("").String()
	}
	return host
}

func loopback(host string) bool {
	name := hostName(host)
	ip, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && ip.IsLoopback()
}

// base is what the addresses in the answer to a request begin with.
func (s *Server) base(r *http.Request) string {
	switch {
	case s.Base != "":
		return s.Base
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
