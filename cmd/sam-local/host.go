package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
)

// host finds the address to listen on so that containers reach this machine, and the name they know it by: on Linux
// the address of Docker's bridge, which other machines cannot reach; with Docker Desktop a name of its own.
func host(ctx context.Context) (bind, name string, err error) {
	system, err := docker(ctx, "info", "-f", "{{.OperatingSystem}}")
	if err != nil {
		return "", "", err
	}
	if strings.Contains(system, "Docker Desktop") {
		return "127.0.0.1", "host.docker.internal", nil
	}
	bridge, err := docker(ctx, "network", "inspect", "bridge", "-f", `{{index .Options "com.docker.network.bridge.name"}}`)
	if err != nil {
		return "", "", err
	}
	addr, err := address(bridge)
	if err != nil {
		return "", "", fmt.Errorf("docker's bridge %q: %w; containers cannot reach this machine", bridge, err)
	}
	return addr, addr, nil
}

// address is the IPv4 address of a network interface.
func address(name string) (string, error) {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return "", err
	}
	addrs, err := link.Addrs()
	for _, a := range addrs {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil && ip.To4() != nil {
			return ip.String(), nil
		}
	}
	return "", errors.Join(errors.New("has no IPv4 address"), err)
}

func docker(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", args...).Output()
	if err != nil {
		return "", fmt.Errorf("docker %s: %w. Is Docker installed and its daemon running?%s", args[0], err, said(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// said is what a program wrote before it failed.
func said(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return "\n" + strings.TrimSpace(string(exit.Stderr))
	}
	return ""
}
