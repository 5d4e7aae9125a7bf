package peertest_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/discovery/dnssd"
	"coapscope/session"
	"coapscope/session/peertest"
)

// announced is a service that Avahi announces in a host.
type announced struct {
	name, service string
	port          int
	text          string
}

// announce runs Avahi in a host of the network: an implementation of DNS-SD that is not ours. It gives the process, for a goodbye.
func announce(t *testing.T, n *peertest.Network, host string, services ...announced) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("avahi-daemon")
	if err != nil {
		program = "/usr/sbin/avahi-daemon"
	}
	peertest.Exists(t, program, "avahi-daemon (Debian: avahi-daemon)")
	etc := t.TempDir()
	check(t, os.Mkdir(filepath.Join(etc, "services"), 0o755))
	check(t, os.WriteFile(filepath.Join(etc, "avahi-daemon.conf"), []byte(
		"[server]\nhost-name="+host+"\nuse-ipv4=yes\nuse-ipv6=yes\nallow-interfaces=eth0,eth1\nenable-dbus=no\n"+
			"[publish]\npublish-hinfo=no\npublish-workstation=no\n[rlimits]\n"), 0o644))
	for i, s := range services {
		text := ""
		if s.text != "" {
			text = "<txt-record>" + s.text + "</txt-record>"
		}
		check(t, os.WriteFile(filepath.Join(etc, "services", fmt.Sprint(i, ".service")), fmt.Appendf(nil,
			"<?xml version=\"1.0\"?><!DOCTYPE service-group SYSTEM \"avahi-service.dtd\">\n<service-group><name>%s</name>"+
				"<service><type>%s</type><port>%d</port>%s</service></service-group>", s.name, s.service, s.port, text), 0o644))
	}
	command := n.Command(host, "sh", "-c",
		`mount --bind "$1" /etc/avahi && mount -t tmpfs none /run && exec "$2" --no-drop-root --no-chroot --no-rlimits`, "sh", etc, program)
	output, err := os.Create(filepath.Join(etc, "log"))
	check(t, err)
	command.Stdout, command.Stderr = output, output
	check(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		output.Close()
		if t.Failed() {
			log, _ := os.ReadFile(output.Name())
			t.Logf("avahi-daemon in %s:\n%s", host, log)
		}
	})
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) { // until it has made sure that its names are free
		log, err := os.ReadFile(output.Name())
		check(t, err)
		if strings.Count(string(log), "successfully established") == len(services) {
			return command
		}
		if time.Now().After(end) {
			t.Fatalf("avahi-daemon in %s is not ready:\n%s", host, log)
		}
	}
}

// heardResult is what the part inside has heard.
type heardResult struct {
	Devices   *discovery.Devices
	Found     []foundDevice
	Instances []dnssd.Instance
	Gone      []string
	Refused   []string
	Lost      []string // names of devices that are
}

// browseGiven is what the part inside is given.
type browseGiven struct {
	Interfaces []string
	Groups     bool   // All CoAP Nodes are asked too
	Ready      string // a file that is made when the first instance is found
	Taken      bool   // another program has the port of Multicast DNS, and does not share it
}

// TestInsideBrowse is the part of the tests below that runs in a host of the network.
func TestInsideBrowse(t *testing.T) {
	var given browseGiven
	isInside(t, &given)
	if given.Taken {
		for _, network := range []string{"udp4", "udp6"} {
			taken, err := net.ListenUDP(network, &net.UDPAddr{Port: dnssd.Port})
			check(t, err)
			defer taken.Close()
		}
	}
	all, err := discovery.Interfaces()
	check(t, err)
	search := discovery.Search{NoGroups: !given.Groups, Services: discovery.Services()}
	for _, i := range all {
		if slices.Contains(given.Interfaces, i.Net.Name) {
			search.By = append(search.By, i)
		}
	}
	plan, err := search.Plan()
	check(t, err)
	engine, err := session.Open(session.Config{})
	check(t, err)
	defer engine.Close()
	result := heardResult{Devices: new(discovery.Devices)}
	told := make(chan dnssd.Event, 100)
	finder := &discovery.Finder{Asker: engine, Hardware: new(discovery.Neighbours).Hardware}
	finder.Browse = func(ctx context.Context, by net.Interface, groups []netip.Addr, services []string, tell func(dnssd.Event)) error {
		return dnssd.Browse(ctx, by, groups, services, func(e dnssd.Event) { told <- e; tell(e) })
	}
	_, err = finder.Run(t.Context(), plan, func(e discovery.Event) {
		switch e := e.(type) {
		case discovery.Advertised:
			result.Devices.Advertise(e.Device)
			if given.Ready != "" {
				check(t, os.WriteFile(given.Ready, nil, 0o644))
			}
		case discovery.Withdrawn:
			result.Devices.Withdrawn(e.Device)
		case discovery.Found:
			result.Devices.Add(e.Device)
			result.Found = append(result.Found, foundDevice{e.Device.Endpoint.String(), e.Device.Interface, "", len(e.Device.Links), e.Round})
		case discovery.Refused:
			result.Refused = append(result.Refused, fmt.Sprint(e.Ask, ": ", e.Err))
		}
	})
	check(t, err)
	close(told)
	for e := range told {
		switch e := e.(type) {
		case dnssd.Found:
			result.Instances = append(result.Instances, e.Instance)
		case dnssd.Gone:
			result.Gone = append(result.Gone, e.Instance.Name)
		}
	}
	for _, d := range result.Devices.All() {
		if d.Presence() == discovery.Lost {
			result.Lost = append(result.Lost, d.Name)
		}
	}
	giveResult(t, result)
}

// Devices that announce themselves by Avahi, on two links, are found with their names and zones, each once, and asked where
// they can be; also where a fifth of the packets is lost.
func TestDNSSDByAvahi(t *testing.T) {
	s := &street{T: t, net: peertest.NewNetwork(t, "north", "south")}
	s.net.Host("user")
	s.net.Plug("user", "eth0", "north", "10.77.1.1/24", "fd77:1::1/64")
	s.net.Plug("user", "eth1", "south", "10.77.2.1/24")
	s.net.Host("lamp")
	s.net.Plug("lamp", "eth0", "north", "10.77.1.20/24", "fd77:1::20/64")
	s.net.Host("fan")
	s.net.Plug("fan", "eth0", "south") // it has a link-local address alone
	s.serve("lamp", "224.0.1.187")
	s.serve("fan", "ff02::fd")
	lamp := announce(t, s.net, "lamp",
		announced{"Lamp 2.0, Küche", "_coap._udp", 5683, "room=kitchen"}, announced{"Lamp 2.0, Küche", "_coap._tcp", 5683, ""},
		announced{"Vault", "_coaps._udp", 5684, ""}, announced{"Printer", "_ipp._tcp", 631, ""})
	announce(t, s.net, "fan", announced{"Fan", "_coap._udp", 5683, ""})
	fanAt := fmt.Sprintf("[%s%%eth1]:5683", s.linkLocal("fan"))

	judge := func(t *testing.T, r heardResult) {
		t.Helper()
		all := r.Devices.All()
		slices.SortFunc(all, func(a, b discovery.Device) int { return strings.Compare(a.Name, b.Name) })
		if len(all) != 3 || len(r.Refused) != 0 {
			t.Fatalf("refused %v, found %+v", r.Refused, all)
		}
		fan, lamp, vault := all[0], all[1], all[2]
		if fan.Name != "Fan" || fan.Endpoint.String() != fanAt || len(fan.Links) < 4 || fan.Problem != nil {
			t.Errorf("the fan is %q at %v with %d links, %v", fan.Name, fan.Endpoint, len(fan.Links), fan.Problem)
		}
		if lamp.Name != "Lamp 2.0, Küche" || lamp.Endpoint.String() != "10.77.1.20:5683" || len(lamp.Links) < 4 || len(lamp.Adverts) != 2 ||
			!slices.ContainsFunc(lamp.Also, func(e netip.AddrPort) bool { return e.String() == "[fd77:1::20]:5683" }) {
			t.Errorf("the lamp is %q at %v and %v with %d links, %v", lamp.Name, lamp.Endpoint, lamp.Also, len(lamp.Links), lamp.Adverts)
		}
		for _, a := range lamp.Adverts {
			if a.Host != "lamp.local" || a.Interface != "eth0" || a.Service == "_coap._udp" && !slices.Equal(a.Text, []string{"room=kitchen"}) {
				t.Errorf("it offers %+v", a)
			}
		}
		if vault.Name != "Vault" || vault.Endpoint.String() != "10.77.1.20:5684" || vault.Problem == nil || len(vault.Links) != 0 {
			t.Errorf("the vault is %q at %v, %v", vault.Name, vault.Endpoint, vault.Problem)
		}
	}
	var r heardResult
	runInside(t, s.net, "user", "TestInsideBrowse", browseGiven{Interfaces: []string{"eth0", "eth1", "lo"}}, &r)
	judge(t, r)
	if len(r.Found) != 2 {
		t.Errorf("%d answers, want one of the lamp and one of the fan: %v", len(r.Found), r.Found)
	}

	t.Run("beside a responder on the same host, and multicast", func(t *testing.T) {
		announce(t, s.net, "user", announced{"Mine", "_http._tcp", 80, ""})
		var r heardResult
		runInside(t, s.net, "user", "TestInsideBrowse", browseGiven{Interfaces: []string{"eth0", "eth1"}, Groups: true}, &r)
		judge(t, r)
	})
	t.Run("the port is taken", func(t *testing.T) { // one-shot queries, which are answered by unicast (RFC 6762 §5.1, §6.7)
		var r heardResult
		runInside(t, s.net, "user", "TestInsideBrowse", browseGiven{Interfaces: []string{"eth0", "eth1"}, Taken: true}, &r)
		judge(t, r)
	})
	t.Run("a fifth is lost", func(t *testing.T) {
		s.net.Lose("lamp", 5353, 1)
		s.net.Lose("fan", 5353, 3)
		var r heardResult
		runInside(t, s.net, "user", "TestInsideBrowse", browseGiven{Interfaces: []string{"eth0", "eth1"}}, &r)
		judge(t, r)
		for _, host := range []string{"lamp", "fan"} {
			s.net.Run(host, "nft", "delete", "table", "inet", "loss")
		}
	})
	t.Run("goodbye", func(t *testing.T) {
		ready := filepath.Join(t.TempDir(), "ready")
		gone := make(chan error)
		go func() {
			for range 1000 {
				if _, err := os.Stat(ready); err == nil {
					gone <- lamp.Process.Signal(syscall.SIGTERM)
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			gone <- os.ErrDeadlineExceeded
		}()
		var r heardResult
		runInside(t, s.net, "user", "TestInsideBrowse", browseGiven{Interfaces: []string{"eth0"}, Ready: ready}, &r)
		check(t, <-gone)
		slices.Sort(r.Gone)
		if !slices.Equal(r.Gone, []string{"Lamp 2.0, Küche", "Lamp 2.0, Küche", "Vault"}) {
			t.Errorf("gone %q", r.Gone)
		}
		slices.Sort(r.Lost)
		if !slices.Equal(r.Lost, []string{"Lamp 2.0, Küche", "Vault"}) {
			t.Errorf("lost %q", r.Lost)
		}
	})
}
