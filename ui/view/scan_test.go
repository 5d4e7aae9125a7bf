package view_test

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/ui/view"
)

// loopbackName gives the name of the loopback interface.
func loopbackName(t *testing.T) string {
	t.Helper()
	all, err := discovery.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Loopback {
			return i.Net.Name
		}
	}
	t.Fatal("no loopback")
	return ""
}

func TestDiscoverFindsTheLab(t *testing.T) {
	d := sitDown(t)
	group := d.lab.MulticastAddr()
	d.Scan.Choice = view.ScanChoice{
		Interfaces: []string{loopbackName(t)}, Groups: []netip.Addr{group.Addr()}, Ports: strconv.Itoa(int(group.Port())),
		Rounds: 2, Leisure: discovery.Leisure{Time: 50 * time.Millisecond},
	}
	plan, err := d.PlanScan()
	if err != nil || plan.Datagrams() != 2 || plan.Scope() != discovery.ScopeLink {
		t.Fatalf("plan %+v, %v", plan, err)
	}
	d.Discover()
	if !d.Scan.Running || d.Scan.Asking != nil {
		t.Fatalf("scan %+v", d.Scan)
	}
	d.until("the end of the search", func() bool { return !d.Scan.Running })
	n := len(d.lab.Devices())
	if d.Scan.Found != n || d.Devices.Len() != n || d.Scan.Round != 2 || d.Scan.Outcome.Endpoints != n || d.Scan.Outcome.Group != n || d.MessageConcept != view.Good {
		t.Errorf("%d found, %d in the tree, round %d, outcome %+v: %s", d.Scan.Found, d.Devices.Len(), d.Scan.Round, d.Scan.Outcome, d.Message)
	}
}

// What may leave the link waits for the user's word, and nothing of it is sent without.
func TestWideScanAsks(t *testing.T) {
	d := sitDown(t)
	group := d.lab.MulticastAddr()
	d.Scan.Choice = view.ScanChoice{
		Interfaces: []string{loopbackName(t)}, Groups: []netip.Addr{group.Addr()}, Ports: strconv.Itoa(int(group.Port())), HopLimit: 2,
		Rounds: 1, Leisure: discovery.Leisure{Time: 50 * time.Millisecond},
	}
	d.Discover()
	if d.Scan.Running || d.Scan.Asking == nil || !strings.Contains(d.Message, "beyond the link") || d.Engine.Log().Len() != 0 {
		t.Fatalf("scan %+v, %q, %d frames", d.Scan, d.Message, d.Engine.Log().Len())
	}
	d.DeclineScan()
	d.ConfirmScan()
	if d.Scan.Running || d.Scan.Asking != nil || d.Engine.Log().Len() != 0 {
		t.Fatalf("after declining: %+v, %d frames", d.Scan, d.Engine.Log().Len())
	}
	d.Discover()
	d.ConfirmScan()
	d.until("the end of the search", func() bool { return !d.Scan.Running })
	if d.Scan.Found != len(d.lab.Devices()) {
		t.Errorf("%d found", d.Scan.Found)
	}
}

func TestScanChoices(t *testing.T) {
	d := sitDown(t)
	for want, c := range map[string]view.ScanChoice{
		`port "x"`:            {Ports: "5683, x"},
		`port "65536"`:        {Ports: "65536"},
		"expected name=value": {Filters: "rt=a temperature"},
		"hop limit":           {HopLimit: 300},
	} {
		d.Scan.Choice = c
		d.Discover()
		if d.Scan.Running || d.MessageConcept != view.Error || !strings.Contains(d.Message, want) {
			t.Errorf("%+v: %q", c, d.Message)
		}
	}
	lo := loopbackName(t)
	d.Scan.Choice = view.ScanChoice{Ports: "5683 61616", Filters: "rt=a* if=b", Interfaces: []string{lo}, Groups: []netip.Addr{protocol.AllNodesIPv4}}
	plan, err := d.PlanScan()
	if err != nil || len(plan.Asks) != 2 || plan.Asks[1].To.Port() != 61616 || len(plan.Filters) != 2 {
		t.Errorf("plan %+v, %v", plan, err)
	}
	d.ChooseInterfaces()
	d.ToggleInterface(lo) // without a lab it is not among those chosen by themselves
	names := map[string]bool{}
	by, _ := d.ScanInterfaces()
	for _, i := range by {
		names[i.Net.Name] = true
	}
	d.ToggleInterface(lo)
	if without, _ := d.ScanInterfaces(); !names[lo] || len(by) > 1 && len(without) != len(by)-1 {
		t.Errorf("by %v, then by %v", names, without)
	}
	if text, err := d.ScanInterfaceText(); text == "" || err != nil {
		t.Errorf("interfaces %q, %v", text, err)
	}
}

// A list of hosts is searched when the user has agreed.
func TestAddHosts(t *testing.T) {
	d := sitDown(t)
	var hosts []string
	for _, device := range d.lab.Devices() {
		hosts = append(hosts, device.Addr.String())
	}
	d.AddHost(strings.Join(hosts, ", "))
	if d.Scan.Running || d.Scan.Asking == nil || !strings.Contains(d.Message, "Ask 5 hosts one by one, 20 a second") || d.Engine.Log().Len() != 0 {
		t.Fatalf("%q, %d frames", d.Message, d.Engine.Log().Len())
	}
	d.ConfirmScan()
	d.until("the end of the search", func() bool { return !d.Scan.Running })
	if d.Scan.Found != 5 || d.Devices.Len() != 5 || d.Scan.Progress != (discovery.Progress{Done: 5, Of: 5, Answered: 5}) || d.Message != "5 devices answered of 5 hosts" {
		t.Errorf("%d found, %+v: %s", d.Scan.Found, d.Scan.Progress, d.Message)
	}
	d.AddHost("10.0.0.0/8")
	if d.MessageConcept != view.Error {
		t.Errorf("of a network too large: %q", d.Message)
	}
	d.AddHost("192.0.2.1, 192.0.2.300")
	if d.MessageConcept != view.Error || !strings.Contains(d.Message, "192.0.2.300") {
		t.Errorf("of a mistake in a list: %q", d.Message)
	}
}
