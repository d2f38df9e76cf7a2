"""A stand-in for Salesforce's API: `python examples/salesforce_standin.py --port 8090`; `GET /_records`."""

from lockhouse.standins.salesforce import main

if __name__ == "__main__":
    main()
