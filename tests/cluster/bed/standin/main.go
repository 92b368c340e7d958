// Standin plays the parts of a cluster that the test bed cannot run for real,
// and does the small jobs around it that a shell does badly:
//
//	standin kubelet --server URL --ca FILE --token-file FILE
//	standin exporter --listen ADDR
//	standin pki DIR
//	standin ports N
package main

import (
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
)

func main() {
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	if len(os.Args) < 2 {
		log.Fatal("usage: standin kubelet|exporter|pki|ports ...")
	}
	var err error
	switch command, args := os.Args[1], os.Args[2:]; command {
	case "kubelet":
		flags := flag.NewFlagSet(command, flag.ExitOnError)
		server := flags.String("server", "", "base URL of the API server")
		ca := flags.String("ca", "", "file with the API server's certificate authority")
		token := flags.String("token-file", "", "file with a bearer token")
		flags.Parse(args)
		err = runKubelet(*server, *ca, *token)
	case "exporter":
		flags := flag.NewFlagSet(command, flag.ExitOnError)
		listen := flags.String("listen", "127.0.0.1:0", "address to serve on")
		flags.Parse(args)
		err = runExporter(*listen)
	case "pki":
		if len(args) != 1 {
			log.Fatal("usage: standin pki DIR")
		}
		err = writePKI(args[0])
	case "ports":
		count := 0
		if len(args) == 1 {
			count, _ = strconv.Atoi(args[0])
		}
		if count < 1 {
			log.Fatal("usage: standin ports N")
		}
		err = printFreePorts(count)
	default:
		err = fmt.Errorf("no command %q", command)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// printFreePorts prints ports of the loopback interface that are free now.
//
// They lie below the range from which Linux takes the ports of outgoing
// connections: a component that is stopped and started again on its old port
// must not find some client's connection on it.
func printFreePorts(count int) error {
	const low, high = 18000, 32000
	var held []net.Listener
	defer func() {
		for _, listener := range held {
			listener.Close()
		}
	}()
	for try := 0; len(held) < count; try++ {
		if try > 10*(high-low) {
			return fmt.Errorf("no %d free ports between %d and %d", count, low, high)
		}
		port := low + rand.IntN(high-low)
		// Some components listen on every interface, so every one must be free.
		listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			continue
		}
		held = append(held, listener)
		fmt.Println(port)
	}
	return nil
}
