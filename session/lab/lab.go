package lab

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultPort is the port of the devices and of the group unless Config says otherwise (RFC 7252 §12.6).
const DefaultPort = 5683

// NoLoss as Config.Loss makes the difficult device's link perfect.
const NoLoss = -1

// allCoAPNodes is the IPv4 group that every CoAP node joins (RFC 7252 §12.8).
var allCoAPNodes = netip.AddrFrom4([4]byte{224, 0, 1, 187})

// Config says how a lab is set up. The zero value is a lab on the default ports.
type Config struct {
	// Seed decides everything that is random: content, drift, loss, leisure.
	Seed int64
	// Port is the UDP port of every device; 0 means DefaultPort.
	Port uint16
	// MulticastPort is the UDP port of the group; 0 means Port.
	MulticastPort uint16
	// Ephemeral gives each device, and the group, a free port instead, so that many labs can run side by side. Port and
	// MulticastPort are ignored.
	Ephemeral bool
	// Leisure is the time over which answers to a multicast request are spread (RFC 7252 §8.2); 0 means 500 ms.
	Leisure time.Duration
	// Loss is the probability that the difficult device's link loses a datagram, in each direction; 0 means 0.2, NoLoss
	// turns loss and duplicates off.
	Loss float64
	// Clock replaces the system's clock; nil means the system's.
	Clock Clock
	// Log receives what a user may want to know: an address that was taken, a socket that fails. It may be called from
	// several goroutines. Nil means nobody.
	Log func(format string, args ...any)
}

// Device is what there is to know about a device from outside.
type Device struct {
	// Name identifies the device within the lab: "livingroom-node", "actuator", "store", "difficult", "plugtest".
	Name string
	// Title is a short description for people.
	Title string
	// Addr is where the device answers.
	Addr netip.AddrPort
	// Note says why Addr is not the usual one, if so; empty otherwise.
	Note string
}

// Lab is a set of running devices.
type Lab struct {
	devices   []*device
	group     *net.UDPConn
	groupAddr netip.AddrPort
	log       func(string, ...any)
	readers   sync.WaitGroup
	closing   sync.Once
	closeErr  error
}

// builder sets up one kind of device.
type builder struct {
	name, title string
	build       func(d *device)
}

// builders are the devices in the order of their addresses.
var builders = []builder{
	{"livingroom-node", "Living room sensor node", buildSensor},
	{"actuator", "Hallway actuator", buildActuator},
	{"store", "Object store", buildStore},
	{"difficult", "Difficult device", buildDifficult},
	{"plugtest", "ETSI plugtest server", buildPlugtest},
}

// firstHost is the last octet of the address of the first device: 127.0.0.11.
const firstHost = 11

// Start opens the lab. Where the address of a device is taken, or does not exist on the system, the device gets a free
// port on 127.0.0.1 and says so in its Note. Where the group cannot be joined the lab runs without, and
// MulticastAddr returns the zero value.
func Start(config Config) (*Lab, error) {
	if config.Port == 0 {
		config.Port = DefaultPort
	}
	if config.MulticastPort == 0 {
		config.MulticastPort = config.Port
	}
	if config.Ephemeral {
		config.Port, config.MulticastPort = 0, 0
	}
	if config.Leisure == 0 {
		config.Leisure = 500 * time.Millisecond
	}
	switch {
	case config.Loss == 0:
		config.Loss = 0.2
	case config.Loss == NoLoss:
		config.Loss = 0
	case config.Loss < 0 || config.Loss > 1:
		return nil, fmt.Errorf("lab: loss %v is not a probability; give 0 to 1, or NoLoss", config.Loss)
	}
	if config.Clock == nil {
		config.Clock = systemClock{}
	}
	if config.Log == nil {
		config.Log = func(string, ...any) {}
	}
	l := &Lab{log: config.Log}
	for i, b := range builders {
		d, err := open(config, i, b)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.devices = append(l.devices, d)
	}
	if store, err := l.device("store"); err == nil {
		store.resolve = l.resolve
		registry := buildDirectory(store)
		for _, d := range l.devices {
			registry.enrol(d)
		}
	}
	var err error
	if l.group, err = joinLoopback(allCoAPNodes, config.MulticastPort); err != nil {
		l.log("lab: no multicast, %v cannot be joined on the loopback interface: %v", allCoAPNodes, err)
	} else {
		l.groupAddr = netip.AddrPortFrom(allCoAPNodes, l.group.LocalAddr().(*net.UDPAddr).AddrPort().Port())
		l.readers.Go(l.listen)
	}
	for _, d := range l.devices {
		l.readers.Go(d.run)
	}
	return l, nil
}

// open gives a device its socket and its resources.
func open(config Config, i int, b builder) (*device, error) {
	host := netip.AddrFrom4([4]byte{127, 0, 0, uint8(firstHost + i)})
	usual := netip.AddrPortFrom(host, config.Port)
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(usual))
	note := ""
	if err != nil {
		note = fmt.Sprintf("%v was not to be had: %v", usual, err)
		conn, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return nil, fmt.Errorf("lab: no socket for %s on 127.0.0.1 either: %w", b.name, err)
		}
	}
	addr := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	d := &device{
		Device:    Device{Name: b.name, Title: b.title, Addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), Note: note},
		clock:     config.Clock,
		log:       config.Log,
		seed:      config.Seed,
		leisure:   config.Leisure,
		conn:      conn,
		szx:       6,
		started:   config.Clock.Now(),
		rng:       rand.New(rand.NewPCG(uint64(config.Seed), uint64(i))),
		resources: make(map[string]*resource),
		timers:    make(map[uint64]func()),
	}
	d.forget()
	if note != "" {
		d.log("lab: %s is at %v, because %s", d.Name, d.Addr, note)
	}
	d.core()
	b.build(d)
	for _, res := range d.resources {
		if res.subject != nil {
			res.subject.seq = 1 + uint32(d.rng.IntN(100))
		}
	}
	if d.Name == "difficult" {
		d.loss, d.duplicates = config.Loss, config.Loss/2
		if d.side, err = net.ListenUDP("udp4", &net.UDPAddr{IP: d.Addr.Addr().AsSlice()}); err != nil {
			return nil, errors.Join(fmt.Errorf("lab: no second port for %s: %w", d.Name, err), conn.Close())
		}
	}
	return d, nil
}

// listen hands what comes to the group to every device.
func (l *Lab) listen() {
	readAll(l.group, l.log, func(b []byte, peer netip.AddrPort) {
		for _, d := range l.devices {
			d.handle(b, peer, true)
		}
	})
}

// Devices returns the devices in the order of their addresses.
func (l *Lab) Devices() []Device {
	all := make([]Device, 0, len(l.devices))
	for _, d := range l.devices {
		all = append(all, d.Device)
	}
	return all
}

// Device returns the device of a name.
func (l *Lab) Device(name string) (Device, error) {
	d, err := l.device(name)
	if err != nil {
		return Device{}, err
	}
	return d.Device, nil
}

func (l *Lab) device(name string) (*device, error) {
	i := slices.IndexFunc(l.devices, func(d *device) bool { return d.Name == name })
	if i < 0 {
		var names []string
		for _, d := range l.devices {
			names = append(names, d.Name)
		}
		return nil, fmt.Errorf("lab: no device %q; there are %s", name, strings.Join(names, ", "))
	}
	return l.devices[i], nil
}

// resolve returns the address of the device that a host, by name or address, and a port mean. Port 0 is the usual one:
// that of the device where it is called by name.
func (l *Lab) resolve(host string, port int) (netip.AddrPort, bool) {
	for _, d := range l.devices {
		named := strings.EqualFold(host, d.Name)
		addr, err := netip.ParseAddr(host)
		switch {
		case port == 0 && named:
			return d.Addr, true
		case (named || err == nil && addr == d.Addr.Addr()) && int(d.Addr.Port()) == cmp.Or(port, DefaultPort):
			return d.Addr, true
		}
	}
	return netip.AddrPort{}, false
}

// Reboot makes a device forget its clients at once: observers, transfers, duplicates and message IDs, as a device that
// was switched off and on again. Sequence numbers of notifications start anew (RFC 7641 §3.4), Echo values get stale,
// stored representations stay. The socket stays open, so that no client is told by ICMP.
func (l *Lab) Reboot(name string) error {
	d, err := l.device(name)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("lab: %s is closed", name)
	}
	d.forget()
	return nil
}

// MulticastAddr returns the group and port that the devices answer, on the loopback interface only. It is the zero value
// where the group could not be joined.
func (l *Lab) MulticastAddr() netip.AddrPort { return l.groupAddr }

// Tick makes every drifting value take its next step now, and notifies its observers.
func (l *Lab) Tick() {
	for _, d := range l.devices {
		d.step()
	}
}

func (d *device) step() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.skew++
	for _, path := range d.order {
		if s := d.resources[path].subject; s != nil && s.period > 0 && d.observed(path) {
			d.notify(path)
		}
	}
}

// Close stops the devices and waits until none is at work. It may be called more than once.
func (l *Lab) Close() error {
	l.closing.Do(func() {
		for _, d := range l.devices {
			l.closeErr = errors.Join(l.closeErr, d.close())
		}
		if l.group != nil {
			l.closeErr = errors.Join(l.closeErr, l.group.Close())
		}
		l.readers.Wait()
	})
	return l.closeErr
}
