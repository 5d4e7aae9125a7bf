package peertest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// Network is a network on one machine: hosts are namespaces, links are bridges in a namespace of their own. It is taken
// down at the end of the test.
type Network struct {
	t      testing.TB
	prefix string
	ends   int
}

var networks atomic.Int32

// NewNetwork makes one with these links. A test that may not make namespaces is skipped, but fails in continuous
// integration.
func NewNetwork(t testing.TB, links ...string) *Network {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		missing(t, "ip (Debian: iproute2)")
	}
	if os.Geteuid() != 0 {
		missing(t, "the right to make network namespaces")
	}
	n := &Network{t: t, prefix: fmt.Sprintf("cs%d-%d-", os.Getpid(), networks.Add(1))}
	n.Host("wires")
	for _, link := range links {
		n.ip("-n", n.prefix+"wires", "link", "add", link, "type", "bridge", "mcast_snooping", "0")
		n.ip("-n", n.prefix+"wires", "link", "set", link, "up")
	}
	return n
}

// Host adds a host with its loopback.
func (n *Network) Host(name string) {
	n.t.Helper()
	n.ip("netns", "add", n.prefix+name)
	n.t.Cleanup(func() { n.ip("netns", "del", n.prefix+name) })
	// Addresses are there at once: nobody else can have them.
	n.Run(name, "sh", "-c", "for c in all default; do echo 0 > /proc/sys/net/ipv6/conf/$c/accept_dad; done")
	n.ip("-n", n.prefix+name, "link", "set", "lo", "up")
}

// Plug connects an interface of the host to a link, with addresses such as 192.0.2.1/24, and has multicast go by it.
func (n *Network) Plug(host, device, link string, addresses ...string) {
	n.t.Helper()
	n.ends++
	wire := fmt.Sprintf("v%d", n.ends)
	n.ip("-n", n.prefix+"wires", "link", "add", wire, "type", "veth", "peer", "name", device, "netns", n.prefix+host)
	n.ip("-n", n.prefix+"wires", "link", "set", wire, "master", link, "up")
	n.ip("-n", n.prefix+host, "link", "set", device, "up")
	for _, address := range addresses {
		args := []string{"-n", n.prefix + host, "addr", "add", address, "dev", device}
		if strings.Contains(address, ":") {
			args = append(args, "nodad")
		}
		n.ip(args...)
	}
	n.ip("-n", n.prefix+host, "route", "append", "224.0.0.0/4", "dev", device)
}

// IP runs the program ip in the host.
func (n *Network) IP(host string, args ...string) {
	n.t.Helper()
	n.ip(append([]string{"-n", n.prefix + host}, args...)...)
}

// Command gives a command that runs in the host.
func (n *Network) Command(host, program string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", n.prefix + host, program}, args...)...)
}

// Run runs a command in the host to its end.
func (n *Network) Run(host, program string, args ...string) {
	n.t.Helper()
	if output, err := n.Command(host, program, args...).CombinedOutput(); err != nil {
		n.t.Fatalf("in %s: %s %v: %v\n%s", host, program, args, err, output)
	}
}

// Lose has the host lose datagrams to its UDP port, and answers from it: one of five each, the n-th first.
func (n *Network) Lose(host string, port uint16, nth int) {
	n.t.Helper()
	if _, err := exec.LookPath("nft"); err != nil {
		missing(n.t, "nft (Debian: nftables)")
	}
	n.Run(host, "nft", fmt.Sprintf("table inet loss {\n"+
		"chain i { type filter hook input priority 0; udp dport %[1]d numgen inc mod 5 %[2]d drop; }\n"+
		"chain o { type filter hook output priority 0; udp sport %[1]d numgen inc mod 5 %[3]d drop; }\n}", port, nth%5, (nth+1)%5))
}

func (n *Network) ip(args ...string) {
	n.t.Helper()
	if output, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %v: %v\n%s", args, err, output)
	}
}
