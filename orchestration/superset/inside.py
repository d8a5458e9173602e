"""What runs in Superset's own environment: set up, import, export.

Started by ``server.py`` with Superset's Python, so it can import nothing of
ours. One process does all steps: each start of Superset costs seconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

ADMIN = "admin"
PASSWORD_VARIABLE = "PERSONA_SUPERSET_PASSWORD"


def prepare(archive: Path) -> None:
    """Bring Superset's own database up to date and import the bundle.

    The first time the user ``admin`` is made, with the password in
    ``PERSONA_SUPERSET_PASSWORD``; afterwards that variable resets it.
    """
    from flask import g
    from flask_migrate import upgrade
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        upgrade()
    # Superset reads its tables while it starts: start it again on whole ones.
    app = create_app()
    with app.app_context():
        from superset import appbuilder, db, security_manager

        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        g.user = _admin(security_manager)
        _import(archive)
        db.session.commit()


def _admin(security_manager: Any) -> Any:
    password = os.environ.get(PASSWORD_VARIABLE)
    user = security_manager.find_user(ADMIN)
    if user is None:
        return security_manager.add_user(
            ADMIN,
            "Persona",
            "Admin",
            "admin@localhost",
            security_manager.find_role("Admin"),
            password=password,
        )
    if password:
        security_manager.reset_password(user.id, password)
    return user


def _import(archive: Path) -> None:
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.commands.importers.v1.utils import get_contents_from_bundle

    with ZipFile(archive) as bundle:
        contents = get_contents_from_bundle(bundle)
    # As assets everything is overwritten; as a dashboard only itself would be.
    contents["metadata.yaml"] = "version: 1.0.0\ntype: assets\n"
    ImportAssetsCommand(contents).run()


def export(archive: Path, dashboard_uuid: str) -> None:
    """Write a dashboard with its charts and datasets as Superset exports it."""
    from flask import g
    from superset.app import create_app

    with create_app().app_context():
        from superset import security_manager
        from superset.commands.dashboard.export import ExportDashboardsCommand
        from superset.daos.dashboard import DashboardDAO

        g.user = security_manager.find_user(ADMIN)
        dashboard = DashboardDAO.find_one_or_none(uuid=dashboard_uuid)
        if dashboard is None:
            sys.exit(f"There is no dashboard {dashboard_uuid} in Superset.")
        with ZipFile(archive, "w") as bundle:
            for name, content in ExportDashboardsCommand([dashboard.id]).run():
                bundle.writestr(f"bundle/{name}", content())


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        export(Path(sys.argv[3]), sys.argv[2])
