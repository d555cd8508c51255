package local

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"

	"easel/shared/api"
)

// publicURL reads the address that clients call. It has no path: a name that other programs share makes their pages
// pages of this server, and those may order.
func publicURL(given string) (string, error) {
	if given == "" {
		return "", nil
	}
	u, err := api.ParseURL(given)
	if err != nil {
		return "", fmt.Errorf("--url: %w", err)
	}
	if strings.Trim(u.Path, "/") != "" {
		return "", fmt.Errorf("--url %s has a path, and Easel needs a name of its own: pages of other programs under the same name could use it. Let the proxy serve it as one such as https://easel.%s", given, u.Hostname())
	}
	if host := u.Hostname(); net.ParseIP(host) == nil && !plainName.MatchString(host) {
		return "", fmt.Errorf("--url %s: %q is no name of a host as browsers send it; write letters of other alphabets in their xn-- form", given, host)
	}
	return u.Scheme + "://" + u.Host, nil
}

var plainName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$`)

// address is what clients call: the machine's name where it listens on every address.
func address(listener net.Listener) string {
	host, port, _ := net.SplitHostPort(listener.Addr().String()) // a TCP listener has both
	if unspecified(host) {
		host = "localhost"
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	return "http://" + net.JoinHostPort(host, port)
}

// hosts are the names that this server answers to, besides loopback's and that of its public address: the one it listens
// on, and where that is every address, the machine's name and addresses.
func (o Options) hosts() []string {
	host, _, _ := net.SplitHostPort(o.Addr) // it is listened on, so it is an address
	names := []string{host}
	if !unspecified(host) {
		return names
	}
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	addrs, _ := net.InterfaceAddrs() // without them the machine is reached by its name
	for _, a := range addrs {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil {
			names = append(names, ip.String())
		}
	}
	return names
}

// unspecified reports whether a host stands for every address of the machine.
func unspecified(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}
