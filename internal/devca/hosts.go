package devca

import (
	"net"
	"os"
	"slices"
	"strings"
)

// MachineHosts lists the names and addresses by which clients may reach this
// machine. What cannot be found out is left out.
func MachineHosts() []string {
	hosts := []string{"localhost"}
	if name, err := os.Hostname(); err == nil && validName(name) {
		hosts = append(hosts, strings.ToLower(name))
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return hosts
	}
	for _, address := range addresses {
		if prefix, ok := address.(*net.IPNet); ok && !prefix.IP.IsLinkLocalUnicast() {
			hosts = append(hosts, prefix.IP.String())
		}
	}
	return hosts
}

// splitHosts tells names from addresses; localhost and the loopback addresses
// are always among them, each host once.
func splitHosts(hosts []string) (names []string, addresses []net.IP) {
	for _, host := range append([]string{"localhost", "127.0.0.1", "::1"}, hosts...) {
		if ip := net.ParseIP(host); ip != nil {
			if !slices.ContainsFunc(addresses, ip.Equal) {
				addresses = append(addresses, ip)
			}
			continue
		}
		if validName(host) && !slices.Contains(names, host) {
			names = append(names, host)
		}
	}
	return names, addresses
}

// validName tells whether a name can stand in a certificate.
func validName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		letter := (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		return !letter && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}
